using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Sqlite;

namespace Belfry.Work.Sqlite;

/// <summary>Tasks in the file of the mailboxes, for the one process that has it. Its clock is that of the mailboxes.</summary>
internal sealed partial class SqliteTaskStore(SqliteMailboxStore store) : ITaskStore
{
    private const string LeaseRanOut = "the lease ran out";

    public Task<IReadOnlyList<AddedTask>> AddAsync(IReadOnlyList<NewTask> tasks, CancellationToken ct) =>
        WriteAsync<IReadOnlyList<AddedTask>>("add tasks", session => [.. tasks.Select(task => SqliteTasks.Add(session, task, store.Now))], ct);

    public async Task<IReadOnlyList<ClaimedTask>> ClaimAsync(TaskClaim claim, CancellationToken ct)
    {
        // A look that nearly always finds nothing need not wait for the writer.
        Priority[] ranks = [.. claim.Floors.Keys.OrderDescending()];
        if (!await store.ReadAsync("look for tasks", session => ranks.Any(rank => HasDue(session, rank)), ct)) return [];
        return await WriteAsync<IReadOnlyList<ClaimedTask>>("claim tasks", session =>
        {
            var now = store.Now;
            var due = new List<ClaimedTask>();
            foreach (var rank in ranks)
            {
                using var rows = session.Prepare(Sql.Due).Bind((long)rank).Bind(now);
                while (due.Count < claim.Max && rows.Step())
                {
                    var task = Read(rows);
                    if (claim.Kinds.Contains(task.Kind)) due.Add(task with { Token = task.Token + 1 });
                }
            }

            foreach (var task in due) session.Prepare(Sql.Lease).Bind(task.Id).Bind(now + Microseconds(claim.Lease)).Run();
            return due;
        }, ct);
    }

    public Task<IReadOnlySet<long>> RenewAsync(IReadOnlyList<TaskRef> tasks, TimeSpan lease, CancellationToken ct) =>
        ChangeAsync("renew leases", tasks, (session, task) =>
            session.Prepare(Sql.Renew).Bind(task.Id).Bind(task.Token).Bind(store.Now + Microseconds(lease)).Run(), ct);

    public Task<IReadOnlySet<long>> CompleteAsync(IReadOnlyList<TaskRef> tasks, CancellationToken ct) =>
        ChangeAsync("complete tasks", tasks, (session, task) => session.Prepare(Sql.Complete).Bind(task.Id).Bind(task.Token).Run(), ct);

    public async Task<bool> SaveAsync(TaskRef task, string progress, CancellationToken ct)
    {
        var saved = await ChangeAsync("save progress", [task], (session, t) => session.Prepare(Sql.Save).Bind(t.Id).Bind(t.Token).Bind(progress).Run(), ct);
        return saved.Count == 1;
    }

    public Task ReleaseAsync(IReadOnlyList<TaskRef> tasks, CancellationToken ct) =>
        ChangeAsync("release tasks", tasks, (session, task) => session.Prepare(Sql.Release).Bind(task.Id).Bind(task.Token).Bind(store.Now).Run(), ct);

    public Task<IReadOnlySet<long>> FailAsync(IReadOnlyList<TaskFailure> failures, CancellationToken ct) =>
        WriteAsync<IReadOnlySet<long>>("fail tasks", session =>
        {
            var dead = new HashSet<long>();
            foreach (var failure in failures)
            {
                if (FindAttempts(session, failure.Task) is not { } attempts) continue;
                if (failure.RetryIn is { } pause && attempts.Made + 1 < attempts.Most)
                {
                    session.Prepare(Sql.Retry).Bind(failure.Task.Id).Bind(store.Now + Microseconds(pause)).Bind(failure.Error).Run();
                    continue;
                }

                Bury(session, failure.Task.Id, failure.Error);
                dead.Add(failure.Task.Id);
            }

            return dead;
        }, ct);

    public Task<(int Freed, int Dead)> ReclaimAsync(int max, TimeSpan? back, CancellationToken ct) =>
        WriteAsync("reclaim tasks", session =>
        {
            var late = new List<(long Id, bool Dead)>();
            using (var rows = session.Prepare(Sql.Late).Bind(store.Now).Bind(max).Bind(back is { } some ? store.Now - Microseconds(some) : 0))
            {
                while (rows.Step()) late.Add((rows.Int64(0), rows.Int32(1) + 1 >= rows.Int32(2)));
            }

            foreach (var (id, dead) in late)
            {
                if (dead) Bury(session, id, LeaseRanOut);
                else session.Prepare(Sql.Retry).Bind(id).Bind(store.Now).Bind(LeaseRanOut).Run();
            }

            return (late.Count, late.Count(t => t.Dead));
        }, ct);

    public Task<TaskCounts> CountAsync(CancellationToken ct) => store.ReadAsync("count tasks", session =>
    {
        using var row = session.Prepare(Sql.Count).Bind(store.Now);
        row.Step();
        return new TaskCounts(row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3));
    }, ct);

    public Task<IReadOnlyList<InstanceLeases>> ListLeasesAsync(CancellationToken ct) => store.ReadAsync<IReadOnlyList<InstanceLeases>>("list leases", session =>
    {
        using var row = session.Prepare(Sql.ListLeases);
        return row.Step() && row.Int64(0) > 0 ? [new InstanceLeases(null, row.Int64(0), row.Time(1), row.Time(2))] : [];
    }, ct);

    private bool HasDue(SqliteSession session, Priority rank)
    {
        using var row = session.Prepare(Sql.AnyDue).Bind((long)rank).Bind(store.Now);
        return row.Step();
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private static (int Made, int Most)? FindAttempts(SqliteSession session, TaskRef task)
    {
        using var row = session.Prepare(Sql.Attempts).Bind(task.Id).Bind(task.Token);
        return row.Step() ? (row.Int32(0), row.Int32(1)) : null;
    }

    private void Bury(SqliteSession session, long id, string error)
    {
        session.Prepare(Sql.Bury).Bind(id).Bind(store.Now).Bind(error).Run();
        session.Prepare(Sql.Remove).Bind(id).Run();
    }

    private static ClaimedTask Read(SqliteStatement row) => new(
        Id: row.Int64(0),
        Kind: row.Text(1),
        Token: row.Int32(2),
        Priority: (Priority)row.Int32(3),
        RunAt: row.Time(4),
        CreatedAt: row.Time(5),
        Attempts: row.Int32(6),
        MaxAttempts: row.Int32(7),
        Progress: row.IsNull(8) ? null : row.Text(8),
        Body: row.Bytes(9));

    /// <summary>Changes each task that is still held with its token; answers which were.</summary>
    private Task<IReadOnlySet<long>> ChangeAsync(string what, IReadOnlyList<TaskRef> tasks, Action<SqliteSession, TaskRef> change, CancellationToken ct) =>
        WriteAsync<IReadOnlySet<long>>(what, session =>
        {
            var changed = new HashSet<long>();
            foreach (var task in tasks)
            {
                change(session, task);
                if (session.Changes == 1) changed.Add(task.Id);
            }

            return changed;
        }, ct);

    private Task<T> WriteAsync<T>(string what, Func<SqliteSession, T> work, CancellationToken ct) => store.WriteAsync(what, session =>
    {
        using var write = store.Begin(session);
        var result = work(session);
        write.Commit();
        return result;
    }, ct);

    private static partial class Sql
    {
        public const string Due = """
            SELECT id, kind, token, priority, run_at, created_at, attempts, max_attempts, progress, body
            FROM tasks WHERE priority = ?1 AND lease_until IS NULL AND run_at <= ?2 ORDER BY run_at
            """;

        public const string AnyDue = "SELECT 1 FROM tasks WHERE lease_until IS NULL AND priority = ?1 AND run_at <= ?2 LIMIT 1";

        public const string Lease = "UPDATE tasks SET lease_until = ?2, token = token + 1 WHERE id = ?1";

        public const string Renew = "UPDATE tasks SET lease_until = ?3 WHERE id = ?1 AND token = ?2 AND lease_until IS NOT NULL";

        public const string Complete = "DELETE FROM tasks WHERE id = ?1 AND token = ?2";

        public const string Save = "UPDATE tasks SET progress = ?3 WHERE id = ?1 AND token = ?2";

        public const string Release = "UPDATE tasks SET lease_until = NULL, run_at = ?3 WHERE id = ?1 AND token = ?2";

        public const string Attempts = "SELECT attempts, max_attempts FROM tasks WHERE id = ?1 AND token = ?2";

        public const string Retry = "UPDATE tasks SET lease_until = NULL, attempts = attempts + 1, run_at = ?2, last_error = ?3 WHERE id = ?1";

        public const string Bury = """
            INSERT INTO dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, progress, body, event_key)
            SELECT id, kind, task_key, priority, created_at, ?2, attempts + 1, max_attempts, ?3, progress, body, event_key FROM tasks WHERE id = ?1
            """;

        public const string Remove = "DELETE FROM tasks WHERE id = ?1";

        public const string Late = "SELECT id, attempts, max_attempts FROM tasks WHERE lease_until < ?1 AND lease_until >= ?3 ORDER BY lease_until LIMIT ?2";

        public const string ListLeases = "SELECT count(*), min(lease_until), max(lease_until) FROM tasks WHERE lease_until IS NOT NULL";

        public const string Count = """
            SELECT count(*) FILTER (WHERE lease_until IS NULL AND run_at > ?1), count(*) FILTER (WHERE lease_until IS NULL AND run_at <= ?1),
                   count(*) FILTER (WHERE lease_until IS NOT NULL), (SELECT count(*) FROM dead_tasks)
            FROM tasks
            """;
    }
}
