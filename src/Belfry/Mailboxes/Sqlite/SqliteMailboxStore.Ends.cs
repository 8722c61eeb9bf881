using Belfry.Mailboxes.Marks;
using Belfry.Mailboxes.Preferences;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>What keeps a notification out of the inbox: its time, a newer one with its key, its user's wish. In the append's transaction.</summary>
internal sealed partial class SqliteMailboxStore
{
    private static void TakePlaces(SqliteSession session, IReadOnlyList<NewNotification> items, Appended[] stored)
    {
        var collapsed = new SortedDictionary<string, HashSet<long>>(StringComparer.Ordinal);
        for (var i = 0; i < stored.Length; i++)
        {
            var (item, seq) = (items[i], stored[i].Seq);
            if (stored[i].Duplicate) continue;

            if (item.ExpiresAt is { } expiresAt) session.Prepare(Sql.Expire).Bind(item.UserId).Bind(seq).Bind(UnixMicroseconds.From(expiresAt)).Run();
            if (stored[i].Hidden || item.CollapseKey is not { } key) continue;

            if (FindNewest(session, item.UserId, key) is { } old)
            {
                if (!collapsed.TryGetValue(item.UserId, out var seqs)) collapsed.Add(item.UserId, seqs = []);
                seqs.Add(old);
            }

            session.Prepare(Sql.KeepNewest).Bind(item.UserId).Bind(key).Bind(seq).Run();
        }

        foreach (var (user, seqs) in collapsed)
        {
            SqliteMarks.Change(session, user, new InboxRequest(InboxChangeKind.Collapsed, seqs, null), ReadHead(session, user));
        }
    }

    private static void Mute(SqliteSession session, IReadOnlyList<NewNotification> items, Appended[] stored)
    {
        // Nearly never has anyone.
        var muted = new SortedDictionary<string, HashSet<long>>(StringComparer.Ordinal);
        var types = new Dictionary<string, MutedTypes?>(StringComparer.Ordinal);
        for (var i = 0; i < stored.Length; i++)
        {
            var item = items[i];
            if (stored[i].Duplicate) continue;
            if (!types.TryGetValue(item.UserId, out var theirs)) types.Add(item.UserId, theirs = FindMuted(session, item.UserId));
            if (theirs?.Has(item.EventType) != true) continue;

            stored[i] = stored[i] with { Hidden = true };
            if (!muted.TryGetValue(item.UserId, out var seqs)) muted.Add(item.UserId, seqs = []);
            seqs.Add(stored[i].Seq);
        }

        foreach (var (user, seqs) in muted)
        {
            SqliteMarks.Change(session, user, new InboxRequest(InboxChangeKind.Muted, seqs, null), ReadHead(session, user));
        }
    }

    private static MutedTypes? FindMuted(SqliteSession session, string userId)
    {
        using var row = session.Prepare(Sql.FindMuted).Bind(userId);
        return row.Step() ? MutedTypes.Read(row.Text(0)) : null;
    }

    private static long? FindNewest(SqliteSession session, string userId, string key)
    {
        using var row = session.Prepare(Sql.FindNewest).Bind(userId).Bind(key);
        return row.Step() ? row.Int64(0) : null;
    }

    private static partial class Sql
    {
        public const string Expire = "INSERT INTO expiring (user_id, seq, expires_at) VALUES (?1, ?2, ?3)";

        public const string FindMuted = "SELECT muted FROM preferences WHERE user_id = ?1 AND muted IS NOT NULL";

        public const string FindNewest = "SELECT seq FROM collapse_keys WHERE user_id = ?1 AND collapse_key = ?2";

        public const string KeepNewest = """
            INSERT INTO collapse_keys (user_id, collapse_key, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET seq = ?3
            """;
    }
}
