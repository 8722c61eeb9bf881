using System.IO.Pipelines;
using System.Threading.Channels;
using Belfry.Contracts;
using Belfry.Streaming;

namespace Belfry.Original.Push;

/// <summary>
/// One open stream: a bounded buffer that any worker fills, and the loop that empties it. It starts with what comes next:
/// there is nothing to resume from, so each notification has the number 0.
/// </summary>
internal sealed class PushConnection(string userId, int buffer)
{
    private const int FlushChunk = 32 * 1024;

    // Null: a heartbeat is due.
    private readonly Channel<Frame?> _buffer = Channel.CreateBounded<Frame?>(new BoundedChannelOptions(buffer)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
    });

    public string UserId { get; } = userId;

    /// <summary>False when the buffer is full, or the connection gone.</summary>
    public bool TryPush(Frame frame) => _buffer.Writer.TryWrite(frame);

    /// <summary>Waits for room in the buffer.</summary>
    /// <exception cref="ChannelClosedException">The connection is gone.</exception>
    public ValueTask PushAsync(Frame frame, CancellationToken ct) => _buffer.Writer.WriteAsync(frame, ct);

    /// <summary>Whoever has a full buffer needs no heartbeat.</summary>
    public void Beat() => _buffer.Writer.TryWrite(null);

    /// <summary>Nothing more is taken; what is in the buffer is still written.</summary>
    public void End() => _buffer.Writer.TryComplete();

    /// <summary>Writes until the connection ends.</summary>
    public async Task RunAsync(PipeWriter output, Cursor start, TimeSpan retry, CancellationToken ct)
    {
        SseWriter.Instance.WriteHello(output, retry);
        var caughtUp = new CaughtUp(start.ToString(), StateVersion: 0, new Counts(0, 0, 0));
        SseWriter.Instance.WriteEvent(output, StreamEvents.CaughtUp, start, caughtUp, ContractsJson.Default.CaughtUp);
        await output.FlushAsync(ct);

        var buffer = _buffer.Reader;
        while (await buffer.WaitToReadAsync(ct))
        {
            var chunk = 0;
            while (chunk < FlushChunk && buffer.TryRead(out var frame))
            {
                if (frame is null) SseWriter.Instance.WriteHeartbeat(output);
                else SseWriter.Instance.WriteFrame(output, frame, prev: frame.Seq - 1);
                chunk += frame?.Bytes.Length ?? 1;
            }

            if ((await output.FlushAsync(ct)).IsCompleted) return;
        }

        SseWriter.Instance.WriteEvent(output, StreamEvents.Bye, cursor: null, new Bye((long)retry.TotalMilliseconds), ContractsJson.Default.Bye);
        await output.FlushAsync(ct);
    }
}
