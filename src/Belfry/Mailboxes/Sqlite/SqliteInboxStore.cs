using Belfry.Mailboxes.Marks;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>Marks in the file of the mailboxes.</summary>
internal sealed partial class SqliteInboxStore(SqliteMailboxStore store) : IInboxStore
{
    public Task<InboxAnswer> ChangeAsync(string userId, InboxRequest request, CancellationToken ct) =>
        store.WriteAsync("change an inbox", session =>
        {
            using var write = store.Begin(session);
            var head = SqliteMailboxStore.ReadHead(session, userId);
            if (InboxEdit.IsOfOtherEpoch(request, store.Epoch, head)) return InboxEdit.Nothing(head) with { IsOtherEpoch = true };

            var answer = SqliteMarks.Change(session, userId, request, head);
            if (answer.Change is not null) write.Commit();
            return answer;
        }, ct);

    public Task<IReadOnlyList<InboxChange>> ReadMissedAsync(IReadOnlyList<StateKnown> known, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<InboxChange>>("read missed changes", session =>
        {
            var missed = new List<InboxChange>();
            foreach (var (user, generation, version) in known)
            {
                var head = SqliteMailboxStore.ReadHead(session, user);
                if (head.Generation == generation && head.StateVersion <= version) continue;
                missed.Add(InboxEdit.Missed(user, generation, head, ReadLastChange(session, user)));
            }

            return missed;
        }, ct);

    /// <summary>One after another, each in a transaction of its own: nobody waits for all of them.</summary>
    public async Task<Expired> ExpireAsync(int max, CancellationToken ct)
    {
        var due = await store.ReadAsync("find what has expired", session =>
        {
            var found = new Dictionary<string, List<long>>(StringComparer.Ordinal);
            using var rows = session.Prepare(Sql.Due).Bind(store.Now).Bind(max);
            while (rows.Step())
            {
                if (!found.TryGetValue(rows.Text(0), out var seqs)) found.Add(rows.Text(0), seqs = []);
                seqs.Add(rows.Int64(1));
            }

            return found;
        }, ct);

        var changed = new List<(string, int)>();
        foreach (var (user, seqs) in due)
        {
            if (await ExpireAsync(user, seqs, ct) is { Change: not null } answer) changed.Add((user, answer.Head.Generation));
        }

        return new Expired(due.Values.Sum(seqs => seqs.Count), changed);
    }

    public Task<IReadOnlyList<MarkRange>> ReadMarksAsync(string userId, SeqRange of, bool newestFirst, int max, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<MarkRange>>(
            "read marks", session => SqliteMarks.Read(session, userId, of, newestFirst, max), ct);

    public Task<IReadOnlyList<StoredNotification>> ReadRangesAsync(
        string userId, IReadOnlyList<SeqRange> ranges, bool newestFirst, TypeFilter? types, int maxRows, int maxBytes, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<StoredNotification>>("read a page of an inbox", session =>
        {
            var page = new List<StoredNotification>();
            var bytes = 0;
            foreach (var (first, last) in ranges)
            {
                using var rows = session.Prepare(newestFirst ? Sql.ReadDown : Sql.ReadUp).Bind(userId).Bind(first).Bind(last);
                while (rows.Step())
                {
                    var row = SqliteMailboxStore.ReadRow(rows, userId);
                    if (types?.Wants(row.Content.EventType) == false) continue;
                    page.Add(row);
                    bytes += row.Content.Size;
                    if (page.Count == maxRows || bytes >= maxBytes) return page;
                }
            }

            return page;
        }, ct);

    private Task<InboxAnswer> ExpireAsync(string userId, List<long> seqs, CancellationToken ct) => store.WriteAsync("mark what has expired", session =>
    {
        using var write = store.Begin(session);
        var answer = SqliteMarks.Change(session, userId, new InboxRequest(InboxChangeKind.Expired, seqs, null), SqliteMailboxStore.ReadHead(session, userId));
        foreach (var seq in seqs) session.Prepare(Sql.Expired).Bind(userId).Bind(seq).Run();
        write.Commit();
        return answer;
    }, ct);

    private static byte[]? ReadLastChange(SqliteSession session, string userId)
    {
        using var row = session.Prepare(Sql.LastChange).Bind(userId);
        return row.Step() ? row.BytesOrNull(0) : null;
    }

    private static class Sql
    {
        public const string Due = "SELECT user_id, seq FROM expiring WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2";

        public const string Expired = "DELETE FROM expiring WHERE user_id = ?1 AND seq = ?2";

        public const string LastChange = "SELECT last_change FROM inboxes WHERE user_id = ?1";

        private const string Read = $"SELECT {SqliteMailboxStore.LogColumns} FROM notifications WHERE user_id = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq";

        public const string ReadUp = Read;

        public const string ReadDown = $"{Read} DESC";
    }
}
