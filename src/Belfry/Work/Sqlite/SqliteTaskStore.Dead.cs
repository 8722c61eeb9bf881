using Belfry.Mailboxes;
using Belfry.Mailboxes.Sqlite;

namespace Belfry.Work.Sqlite;

/// <summary>The dead letters.</summary>
internal sealed partial class SqliteTaskStore
{
    public Task<IReadOnlyList<DeadTask>> ListDeadAsync(int max, DeadPlace? before, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<DeadTask>>("list dead tasks", session =>
        {
            var (at, id) = before ?? DeadPlace.Newest;
            return ReadDead(session.Prepare(Sql.ListDead).Bind(max).Bind(UnixMicroseconds.From(at)).Bind(id));
        }, ct);

    public Task<DeadTask?> FindDeadAsync(long id, CancellationToken ct) =>
        store.ReadAsync("find a dead task", session => ReadDead(session.Prepare(Sql.FindDead).Bind(id)).SingleOrDefault(), ct);

    public Task<IReadOnlySet<long>> RetryDeadAsync(IReadOnlyList<long> ids, CancellationToken ct) => WriteAsync<IReadOnlySet<long>>("retry dead tasks", session =>
    {
        foreach (var id in ids) session.Prepare(Sql.RetryDead).Bind(id).Bind(store.Now).Run();
        return Remove(session, ids);
    }, ct);

    public Task<IReadOnlySet<long>> DropDeadAsync(IReadOnlyList<long> ids, CancellationToken ct) =>
        WriteAsync<IReadOnlySet<long>>("drop dead tasks", session => Remove(session, ids), ct);

    private static HashSet<long> Remove(SqliteSession session, IReadOnlyList<long> ids)
    {
        var removed = new HashSet<long>();
        foreach (var id in ids)
        {
            session.Prepare(Sql.DropDead).Bind(id).Run();
            if (session.Changes == 1) removed.Add(id);
        }

        return removed;
    }

    private static List<DeadTask> ReadDead(SqliteStatement rows)
    {
        using (rows)
        {
            var dead = new List<DeadTask>();
            while (rows.Step())
            {
                dead.Add(new DeadTask(
                    Id: rows.Int64(0),
                    Kind: rows.Text(1),
                    CreatedAt: rows.Time(2),
                    DiedAt: rows.Time(3),
                    Attempts: rows.Int32(4),
                    LastError: rows.IsNull(5) ? null : rows.Text(5),
                    Progress: rows.IsNull(6) ? null : rows.Text(6),
                    MaxAttempts: rows.Int32(7),
                    Size: rows.Int32(8),
                    Body: rows.BytesOrNull(9)));
            }

            return dead;
        }
    }

    private static partial class Sql
    {
        private const string DeadColumns = "id, kind, created_at, died_at, attempts, last_error, progress, max_attempts, length(body)";

        public const string ListDead = $"""
            SELECT {DeadColumns}, NULL FROM dead_tasks WHERE (died_at, id) < (?2, ?3) ORDER BY died_at DESC, id DESC LIMIT ?1
            """;

        public const string FindDead = $"SELECT {DeadColumns}, body FROM dead_tasks WHERE id = ?1";

        // One that was published again meanwhile waits already; its dead letter is not needed any more.
        public const string RetryDead = """
            INSERT INTO tasks (kind, task_key, priority, run_at, created_at, max_attempts, progress, body, event_key)
            SELECT kind, task_key, priority, ?2, created_at, max_attempts, progress, body, event_key FROM dead_tasks WHERE id = ?1
            ON CONFLICT (task_key, kind) DO NOTHING
            """;

        public const string DropDead = "DELETE FROM dead_tasks WHERE id = ?1";
    }
}
