using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;

namespace Belfry.Streaming;

/// <summary>
/// Brings live streams what other instances have stored: one query for all users who wait, one query in flight. What comes to
/// wait meanwhile is the next one, so that they grow under load by themselves.
/// </summary>
internal sealed partial class LogReader(Hub hub, Laggards laggards, IMailboxStore store, StreamMetrics metrics, TimeProvider time, ILogger<LogReader> log) : BackgroundService
{
    private const int MaxUsers = 500;
    private const int MaxRowsEach = 100;
    private const int MaxBytes = 1024 * 1024;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        try
        {
            while (true)
            {
                var wanted = await laggards.TakeAsync(MaxUsers, stoppingToken);
                try
                {
                    await ReadAsync(wanted, stoppingToken);
                    failures = 0;
                    continue;
                }
                catch (StoreUnavailableException)
                {
                    // The store's monitor reports it, once for all.
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    // Not foreseen. A reader that ended here would leave every stream to the sweep, and nobody would know.
                    Log.Failed(log, e);
                }

                foreach (var (hash, seq) in wanted) laggards.Add(hash, seq);
                await Task.Delay(Backoff.After(++failures), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; nobody is connected any more.
        }
    }

    /// <summary>One query, and what it brings to whom.</summary>
    internal async Task ReadAsync(IReadOnlyList<KeyValuePair<ulong, long>> wanted, CancellationToken ct)
    {
        var places = new List<(MailboxPlace Place, ulong Hash, long Seq)>(wanted.Count);
        foreach (var (hash, seq) in wanted)
        {
            foreach (var place in hub.FindLive(hash))
            {
                if (place.Seq < seq) places.Add((place, hash, seq));
            }
        }

        if (places.Count == 0) return;

        var page = await store.ReadNewAsync(places.ConvertAll(p => p.Place), MaxRowsEach, MaxBytes, ct);
        metrics.Followed(page.Rows.Count);
        foreach (var (row, generation) in page.Rows) hub.Offer(row.Content, row.Seq, row.ReceivedAt, generation, row.Hidden);
        foreach (var (place, hash, seq) in places) Follow(place, hash, seq, page.IsComplete);
    }

    /// <summary>Whoever has come further goes on; whoever has not, though all was read, looks for himself what is the matter.</summary>
    private void Follow(MailboxPlace before, ulong hash, long seq, bool readAll)
    {
        foreach (var now in hub.FindLive(hash))
        {
            if (now.UserId != before.UserId || now.Seq >= seq) continue;
            if (now.Seq > before.Seq || !readAll) laggards.Add(hash, seq);
            else if (seq != long.MaxValue) hub.Wake(hash, now.UserId);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Reading what other instances have stored failed; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
