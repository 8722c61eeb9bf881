using Belfry.Mailboxes.Marks;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>Forgetting a user.</summary>
internal sealed partial class SqliteInboxStore
{
    /// <summary>
    /// One that is empty and has had no notification since its last erasure keeps its generation, so that to erase twice is to
    /// erase once. Of an event for many users his name is not taken out of the list.
    /// </summary>
    public Task<Erasure> EraseAsync(string userId, CancellationToken ct) =>
        store.WriteAsync("erase a user", session =>
        {
            using var write = store.Begin(session);
            var tasks = Run(session, EraseSql.Tasks, userId);
            var letters = Run(session, EraseSql.DeadTasks, userId) + Run(session, EraseSql.DeadLetters, userId);
            var topics = Run(session, EraseSql.Topics, userId);
            var head = SqliteMailboxStore.ReadHead(session, userId);
            var rows = Run(session, EraseSql.Notifications, userId);
            foreach (var sql in (string[])[EraseSql.Marks, EraseSql.Inbox, EraseSql.Cursor, EraseSql.Expiring, EraseSql.Keys, EraseSql.Preferences]) Run(session, sql, userId);
            var isNew = head.LastSeq > 0;
            if (isNew) Run(session, EraseSql.Renew, userId);
            write.Commit();
            return new Erasure(head.Generation + (isNew ? 1 : 0), isNew, rows, tasks, topics, letters);
        }, ct);

    private static long Run(SqliteSession session, string sql, string userId)
    {
        session.Prepare(sql).Bind(userId).Run();
        return session.Changes;
    }

    private static class EraseSql
    {
        private const string OfUser =
            "CASE WHEN kind = 'scheduled' OR substr(kind, 1, 8) = 'webhook:' THEN json_extract(CAST(body AS TEXT), '$.user_id') = ?1 ELSE 0 END";

        public const string Tasks = $"DELETE FROM tasks WHERE {OfUser}";

        public const string DeadTasks = $"DELETE FROM dead_tasks WHERE {OfUser}";

        // A record that could not be read names him for certain only by its key.
        public const string DeadLetters = "DELETE FROM dead_letters WHERE record_key = CAST(?1 AS BLOB)";

        public const string Topics = "DELETE FROM topic_members WHERE user_id = ?1";

        public const string Notifications = "DELETE FROM notifications WHERE user_id = ?1";

        public const string Marks = "DELETE FROM marks WHERE user_id = ?1";

        public const string Inbox = "DELETE FROM inboxes WHERE user_id = ?1";

        public const string Cursor = "DELETE FROM cursors WHERE user_id = ?1";

        public const string Expiring = "DELETE FROM expiring WHERE user_id = ?1";

        public const string Keys = "DELETE FROM collapse_keys WHERE user_id = ?1";

        public const string Preferences = "DELETE FROM preferences WHERE user_id = ?1";

        public const string Renew = "UPDATE mailboxes SET generation = generation + 1, floor_seq = 0 WHERE user_id = ?1";
    }
}
