using System.Globalization;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Work.Trace;

/// <summary>Tells where an event is, from the stores alone.</summary>
internal sealed class EventTracer(ITraceStore store, IDeadRecordStore records)
{
    /// <summary>An event may be in a million mailboxes: so many are counted.</summary>
    private const int MaxCount = 10_000;

    /// <param name="max">The most notifications in the answer.</param>
    /// <param name="after">Those behind it; null: from the first.</param>
    /// <returns>Null: nothing is known of such an event.</returns>
    public async Task<EventTrace?> FindAsync(string source, string id, int max, TraceCursor? after, CancellationToken ct)
    {
        // One more than the page tells whether there is another page.
        var found = await store.FindAsync(EventKey.Of(source, id), after, max + 1, MaxCount + 1, ct);
        var dead = await FindDeadRecordsAsync(source, id, ct);
        if (found.Count == 0 && found.Tasks.Count == 0 && dead.Count == 0) return null;

        var page = found.Notifications.Take(max).ToList();
        var next = found.Notifications.Count > max ? new TraceCursor(page[^1].UserId, page[^1].Seq).ToString() : null;
        return new EventTrace(source, id, Math.Min(found.Count, MaxCount), found.Count <= MaxCount, page, next, found.Tasks, dead);
    }

    /// <summary>A record without an id has its position for one; by another id a record that could not be read is not to be found.</summary>
    private async Task<IReadOnlyList<DeadLetter>> FindDeadRecordsAsync(string source, string id, CancellationToken ct)
    {
        var parts = id.Split('/');
        if (parts.Length != 3 || parts[0] != source) return [];
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)) return [];
        if (!long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return [];
        return [.. (await records.FindAtAsync(source, partition, offset, ct)).Select(DeadLetterView.Of)];
    }
}
