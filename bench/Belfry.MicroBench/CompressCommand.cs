using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Belfry.MicroBench;

/// <summary><c>compress</c>: what gzip on a stream would save, and what it would cost.</summary>
internal static class CompressCommand
{
    private const int Frames = 2000;
    private const int Streams = 1000;

    public static Command Create()
    {
        var payloads = new Option<int[]>("--payload") { Description = "Bytes of each payload, one run for each size.", DefaultValueFactory = _ => [250, 1000, 8000] };
        var command = new Command("compress", "gzip of a stream's frames, each flushed by itself: bytes, CPU and memory. Example: compress --payload 250") { payloads };
        command.SetAction((parsed, _) =>
        {
            Console.WriteLine("payload   frame B   gzip B   ratio   us/frame   memory a stream B");
            foreach (var payload in parsed.GetValue(payloads)!) Console.WriteLine(Run(payload));
            return Task.FromResult(0);
        });
        return command;
    }

    private static string Run(int payload)
    {
        var frames = Enumerable.Range(1, Frames).Select(n => Frame(n, payload)).ToArray();
        using var counted = new MemoryStream();
        using (var warm = new GZipStream(Stream.Null, CompressionLevel.Fastest)) Write(warm, frames);
        var began = Stopwatch.GetTimestamp();
        using (var gzip = new GZipStream(counted, CompressionLevel.Fastest, leaveOpen: true)) Write(gzip, frames);
        var micros = Stopwatch.GetElapsedTime(began).TotalMicroseconds / Frames;

        // The compressor's state is not on the managed heap.
        var before = ResidentBytes();
        var open = Enumerable.Range(0, Streams).Select(_ => new GZipStream(Stream.Null, CompressionLevel.Fastest)).ToArray();
        foreach (var stream in open) Write(stream, frames.AsSpan(0, 20));
        var each = (ResidentBytes() - before) / Streams;
        foreach (var stream in open) stream.Dispose();

        var plain = frames.Average(frame => frame.Length);
        var small = (double)counted.Length / Frames;
        return string.Create(CultureInfo.InvariantCulture, $"{payload,7}   {plain,7:N0}   {small,6:N0}   {small / plain,5:0.00}   {micros,8:N1}   {each,17:N0}");
    }

    /// <summary>A notification must not wait for the next one: each is flushed.</summary>
    private static void Write(GZipStream stream, ReadOnlySpan<byte[]> frames)
    {
        foreach (var frame in frames)
        {
            stream.Write(frame);
            stream.Flush();
        }
    }

    private static byte[] Frame(int number, int payload) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        event: notification
        id: k3v9x1-{{number}}
        data: {"id":"{{Guid.CreateVersion7()}}","source":"job","event_type":"job.posted","user_id":"user-17","priority":"HIGH","event_timestamp":"2026-11-23T12:00:00.{{number:000}}Z","payload":{"text":"{{SampleText.Of(new Random(number), payload)}}"},"notification_id":"{{Guid.CreateVersion7()}}","seq":{{number}},"prev":{{number - 1}},"received_at":"2026-11-23T12:00:00.{{number:000}}Z"}


        """));

    private static long ResidentBytes()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
