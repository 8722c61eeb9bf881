using System.Diagnostics.Tracing;
using Belfry.Settings;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Symbols;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Stacks;
using Microsoft.Diagnostics.Tracing.Stacks.Formats;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Telemetry;

/// <summary>
/// Samples the stacks of this process through its own diagnostics port, and turns them into a file that speedscope opens. One at a
/// time: two sessions would measure each other. Sampling stops every thread for moments; the conversion takes CPU and memory.
/// </summary>
internal sealed class Profiler(IOptions<DataOptions> data, TimeProvider time) : IDisposable
{
    private const string SampleProfiler = "Microsoft-DotNETCore-SampleProfiler";
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>A profile of the next <paramref name="length"/>; null when another is being taken. The caller disposes it.</summary>
    public async Task<ProfileFile?> TryTakeAsync(TimeSpan length, CancellationToken ct)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, ct)) return null;

        var file = new ProfileFile(data.Value.DataFolder);
        try
        {
            await RecordAsync(file.TracePath, length, ct);
            // Minutes of CPU for a long profile of a busy process: not on a thread that serves requests.
            await Task.Factory.StartNew(() => Convert(file), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task RecordAsync(string path, TimeSpan length, CancellationToken ct)
    {
        EventPipeProvider[] providers =
        [
            new(SampleProfiler, EventLevel.Informational),
            new(Runtime, EventLevel.Informational, (long)ClrTraceEventParser.Keywords.Default),
        ];
        var client = new DiagnosticsClient(Environment.ProcessId);
        using var session = await client.StartEventPipeSessionAsync(providers, requestRundown: true, token: ct);
        await using var trace = File.Create(path);

        // The end of the session writes the names of all methods into the stream, so it must be read meanwhile.
        var copying = session.EventStream.CopyToAsync(trace, CancellationToken.None);
        try
        {
            await Task.Delay(length, time, ct);
        }
        finally
        {
            await session.StopAsync(CancellationToken.None);
            await copying;
        }
    }

    private static void Convert(ProfileFile file)
    {
        TraceLog.CreateFromEventPipeDataFile(file.TracePath, file.LogPath);
        using var log = TraceLog.OpenOrConvert(file.LogPath);
        using var symbols = new SymbolReader(TextWriter.Null) { SymbolPath = "" };
        var stacks = new MutableTraceEventStackSource(log) { OnlyManagedCodeStacks = true };
        var computer = new SampleProfilerThreadTimeComputer(log, symbols) { IncludeEventSourceEvents = false };
        computer.GenerateThreadTimeStacks(stacks);
        SpeedScopeStackSourceWriter.WriteStackViewAsJson(stacks, file.ProfilePath);
    }
}
