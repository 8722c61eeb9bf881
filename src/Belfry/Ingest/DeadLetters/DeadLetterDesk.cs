using System.Globalization;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Ingest.Outbox;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Lanes;
using Belfry.Work;

namespace Belfry.Ingest.DeadLetters;

/// <summary>
/// All dead letters in one place, whatever they were: to list, look into, send again or drop. Works on the stores alone: neither
/// Kafka nor a running server is needed. Throws <see cref="StoreUnavailableException"/>; everything may be repeated then.
/// </summary>
internal sealed class DeadLetterDesk(IMailboxStore mailboxes, IDeadRecordStore records, ITaskStore tasks)
{
    /// <summary>Newest first, without bodies.</summary>
    /// <param name="kind">Null: both.</param>
    /// <param name="before">Those behind it; null: from the newest.</param>
    public async Task<DeadLetterPage> ListAsync(int max, DeadLetterKind? kind, DeadLetterCursor? before, CancellationToken ct)
    {
        // One more than the page tells whether there is another page.
        var found = new List<(DeadLetterCursor Place, DeadLetter Letter)>();
        if (kind is not DeadLetterKind.Record)
        {
            var dead = await tasks.ListDeadAsync(max + 1, before?.PlaceAmong(DeadLetterKind.Task), ct);
            found.AddRange(dead.Select(t => (new DeadLetterCursor(t.DiedAt, new DeadLetterId(DeadLetterKind.Task, t.Id)), DeadLetterView.Of(t))));
        }

        if (kind is not DeadLetterKind.Task)
        {
            var dead = await records.ListAsync(max + 1, before?.PlaceAmong(DeadLetterKind.Record), ct);
            found.AddRange(dead.Select(r => (new DeadLetterCursor(r.ReceivedAt, new DeadLetterId(DeadLetterKind.Record, r.Id)), DeadLetterView.Of(r))));
        }

        var page = found
            .OrderByDescending(f => f.Place.At).ThenByDescending(f => f.Place.Id.Kind).ThenByDescending(f => f.Place.Id.Number)
            .Take(max).ToList();
        return new DeadLetterPage([.. page.Select(f => f.Letter)], found.Count > max ? page[^1].Place.ToString() : null);
    }

    /// <summary>The whole of it; null: there is none.</summary>
    public async Task<DeadLetter?> FindAsync(DeadLetterId id, CancellationToken ct)
    {
        if (id.Kind == DeadLetterKind.Task) return await tasks.FindDeadAsync(id.Number, ct) is { } task ? DeadLetterView.Of(task) : null;
        return await records.FindAsync(id.Number, ct) is { } record ? DeadLetterView.Of(record) : null;
    }

    public async Task<DeadLetterAnswer> DropAsync(IReadOnlyList<DeadLetterId> ids, CancellationToken ct)
    {
        var dropped = await tasks.DropDeadAsync(NumbersOf(ids, DeadLetterKind.Task), ct);
        var forgotten = await records.DropAsync(NumbersOf(ids, DeadLetterKind.Record), ct);
        var done = ids.Distinct().ToLookup(id => (id.Kind == DeadLetterKind.Task ? dropped : forgotten).Contains(id.Number), id => id.ToString());
        return new DeadLetterAnswer([.. done[true]], [.. done[false]], []);
    }

    /// <summary>
    /// Makes tasks of dead tasks again, and sends dead records through the door as if they were read now: what has been stored of
    /// them before is a duplicate.
    /// </summary>
    public async Task<DeadLetterRetry> RetryAsync(IReadOnlyList<DeadLetterId> ids, CancellationToken ct)
    {
        var retry = new DeadLetterRetry();
        var again = await tasks.RetryDeadAsync(NumbersOf(ids, DeadLetterKind.Task), ct);
        retry.HasNewTasks = again.Count > 0;
        foreach (var id in ids.Distinct())
        {
            if (id.Kind == DeadLetterKind.Record) await RetryAsync(id, retry, ct);
            else if (again.Contains(id.Number)) retry.Done.Add(id);
            else retry.Missing.Add(id);
        }

        return retry;
    }

    private async Task RetryAsync(DeadLetterId id, DeadLetterRetry retry, CancellationToken ct)
    {
        if (await records.FindAsync(id.Number, ct) is not { } record)
        {
            retry.Missing.Add(id);
            return;
        }

        var verdict = EventParser.ReadRecord(record.Value, DefaultsOf(record));
        if (!verdict.IsAccepted)
        {
            retry.Refused.Add((id, EventVerdict.ReasonOf(verdict.Problem)));
            return;
        }

        var batch = AppendBatch.Of(verdict.Notifications ?? []) with { Tasks = verdict.Task is { } task ? [task] : [], Revived = [id.Number] };
        switch (await mailboxes.AppendAsync(batch, ct))
        {
            case AppendResult.Stored:
                retry.Done.Add(id);
                retry.HasNewTasks |= verdict.Task is not null;
                retry.Users.UnionWith(batch.Items.Select(item => item.UserId));
                return;

            case AppendResult.Refused refused:
                retry.Refused.Add((id, refused.Reason));
                return;

            default:
                throw new InvalidOperationException("The store answered a dead letter with what only others can have.");
        }
    }

    /// <summary>What its way in had given it: the same ids, so that nothing is stored twice.</summary>
    private static EventDefaults DefaultsOf(DeadRecord record)
    {
        var (partition, at) = (record.Partition, Rfc3339.WholeMicroseconds(record.ReceivedAt));
        if (partition == OutboxRow.Origin) return new EventDefaults(OutboxLoad.Source, at) { Id = record.Key is { Length: 16 } id ? new Guid(id, bigEndian: true) : null };
        return new EventDefaults(partition.Topic, at)
        {
            IdStem = string.Create(CultureInfo.InvariantCulture, $"{partition.Topic}/{partition.Partition}"),
            Place = record.Offset,
            UserKey = record.Key,
        };
    }

    private static List<long> NumbersOf(IReadOnlyList<DeadLetterId> ids, DeadLetterKind kind) =>
        [.. ids.Where(id => id.Kind == kind).Select(id => id.Number).Distinct()];
}
