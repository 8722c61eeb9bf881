using System.IO.Pipelines;
using System.Text;
using Belfry.Cluster.Wakes;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Streaming;
using Belfry.Tests.Mailboxes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Streaming;

/// <summary>One subscription on a pipe, with what a client at its other end has read.</summary>
internal sealed class OpenStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Pipe _pipe;
    private readonly Task _running;
    private string _unread = "";

    private OpenStream(MemoryMailboxStore store, FakeTimeProvider time, StreamRequest request, StreamingOptions options, long pipeBytes)
    {
        Store = store;
        Time = time;
        var metrics = new StreamMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        Delivered = new DeliveredTracker(store, NullLogger<DeliveredTracker>.Instance);
        Hub = new Hub(store, Alone.Presence(), Calls, Laggards, metrics, time);
        Context = new StreamContext(store, Options.Create(options), Delivered, metrics, time);
        Subscription = new Subscription("u", request, Context, () => WasAborted = true);
        if (request.Blocks is PollPage page) page.Gather(Subscription);
        Hub.Add(Subscription);
        Reader = new LogReader(Hub, Laggards, store, metrics, time, NullLogger<LogReader>.Instance);
        Sweep = new StreamSweep(Hub, Delivered, Options.Create(options), time);
        _pipe = new Pipe(new PipeOptions(pauseWriterThreshold: pipeBytes, resumeWriterThreshold: pipeBytes / 2, useSynchronizationContext: false));
        _running = Subscription.RunAsync(_pipe.Writer);
    }

    public MemoryMailboxStore Store { get; }

    public FakeTimeProvider Time { get; }

    public Hub Hub { get; }

    public WakeCalls Calls { get; } = new();

    public Laggards Laggards { get; } = new();

    /// <summary>Reads what was stored elsewhere; runs once a call.</summary>
    public LogReader Reader { get; }

    public DeliveredTracker Delivered { get; }

    public StreamSweep Sweep { get; }

    public StreamContext Context { get; }

    public Subscription Subscription { get; }

    public bool WasAborted { get; private set; }

    public static OpenStream Of(
        MemoryMailboxStore store, StreamStart since = StreamStart.Undelivered, string? after = null, string? types = null,
        StreamingOptions? options = null, long pipeBytes = 1_000_000, Func<StreamRequest, StreamRequest>? change = null)
    {
        var time = new FakeTimeProvider();
        Cursor? cursor = Cursor.TryParse(after, out var parsed) ? parsed : null;
        var request = new StreamRequest(since, cursor, after is not null && cursor is null, TypeFilter.Parse(types), time.GetTimestamp() + (3600 * time.TimestampFrequency));
        return new OpenStream(store, time, change?.Invoke(request) ?? request, options ?? new StreamingOptions(), pipeBytes);
    }

    /// <summary>Stores a notification and offers it, as a lane and the hub do.</summary>
    public long Publish(string type = "job.posted", string payload = "{}")
    {
        var content = MemoryMailboxStore.Event("u", type, payload);
        var seq = Store.Add(content);
        Hub.Offer(content, seq, new DateTime(2026, 11, 23, 10, 0, 1, DateTimeKind.Utc), generation: 0);
        return seq;
    }

    /// <summary>Stores a notification as another instance does: nothing is offered.</summary>
    public long PublishElsewhere() => Store.Add(MemoryMailboxStore.Event("u"));

    /// <summary>Wakes users as a message of another instance does; answers how many lack it.</summary>
    public int Wake(string user, long seq) => Calls.Call([KeyValuePair.Create(UserHash.Of(user), seq)]);

    /// <summary>Lets the log's reader do its next piece of work.</summary>
    public async Task ReadLaggardsAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await Reader.ReadAsync(await Laggards.TakeAsync(100, patience.Token), patience.Token);
    }

    /// <summary>The next blocks up to and with the first of which this is true.</summary>
    public async Task<List<string>> ReadUntilAsync(Func<string, bool> last)
    {
        var blocks = new List<string>();
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            for (var end = _unread.IndexOf("\n\n", StringComparison.Ordinal); end >= 0; end = _unread.IndexOf("\n\n", StringComparison.Ordinal))
            {
                var block = _unread[..end];
                _unread = _unread[(end + 2)..];
                if (block.StartsWith("retry:", StringComparison.Ordinal) || block == ": belfry") continue;
                blocks.Add(block);
                if (last(block)) return blocks;
            }

            var result = await _pipe.Reader.ReadAsync(patience.Token);
            foreach (var part in result.Buffer) _unread += Encoding.UTF8.GetString(part.Span);
            _pipe.Reader.AdvanceTo(result.Buffer.End);
        }
    }

    public Task<List<string>> ReadUntilCaughtUpAsync() => ReadUntilAsync(b => b.Contains("event: caught-up", StringComparison.Ordinal));

    /// <summary>Up to a notification, and until the pump, which is on a thread of its own, knows that it was written.</summary>
    public async Task<List<string>> ReadUntilSeqAsync(long seq)
    {
        var blocks = await ReadUntilAsync(b => SeqOf(b) == seq);
        await UntilAsync(() => Subscription.Written >= seq);
        return blocks;
    }

    /// <summary>Until the pump has come to where this is true.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public static long? SeqOf(string block) => block.StartsWith("event: notification", StringComparison.Ordinal) ? Member(block, "seq") : null;

    public static long PrevOf(string block) => Member(block, "prev")!.Value;

    /// <summary>Lets time pass in steps of the sweep.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Sweep.RunOnceAsync(CancellationToken.None);
        }
    }

    public Task EndedAsync() => _running.WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        Subscription.End(EndReason.Gone);
        await _pipe.Reader.CompleteAsync();
        await EndedAsync();
        Sweep.Dispose();
        Reader.Dispose();
        Hub.Dispose();
        Laggards.Dispose();
    }

    private static long? Member(string block, string name)
    {
        var at = block.IndexOf($"\"{name}\":", StringComparison.Ordinal);
        if (at < 0) return null;
        at += name.Length + 3;
        var end = at;
        while (end < block.Length && char.IsAsciiDigit(block[end])) end++;
        return long.Parse(block.AsSpan(at, end - at), System.Globalization.CultureInfo.InvariantCulture);
    }
}
