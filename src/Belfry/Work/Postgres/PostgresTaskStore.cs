using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Belfry.Work.Postgres;

/// <summary>Tasks in PostgreSQL. What takes several statements is a function of the schema (see the migration of the tasks).</summary>
internal sealed partial class PostgresTaskStore(PostgresMailboxStore store) : ITaskStore
{
    public Task<IReadOnlyList<AddedTask>> AddAsync(IReadOnlyList<NewTask> tasks, CancellationToken ct) =>
        UseAsync<IReadOnlyList<AddedTask>>("add tasks", async connection =>
        {
            await using var command = new NpgsqlCommand(PostgresTasks.Add, connection);
            PostgresTasks.AddTasks(command.Parameters, tasks);
            await using var reader = await command.ExecuteReaderAsync(ct);
            return await PostgresTasks.ReadAddedAsync(reader, tasks.Count, ct);
        }, ct);

    public Task<IReadOnlyList<ClaimedTask>> ClaimAsync(TaskClaim claim, CancellationToken ct) =>
        UseAsync<IReadOnlyList<ClaimedTask>>("claim tasks", async connection =>
        {
            var floors = claim.Floors.OrderByDescending(f => f.Key).ToList();
            await using var command = new NpgsqlCommand(Sql.Claim, connection);
            command.Parameters.Add(new NpgsqlParameter { Value = claim.Kinds.ToArray() });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = claim.Max });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = claim.Lease });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = claim.Instance });
            command.Parameters.Add(PostgresArray.Of(floors, NpgsqlDbType.Smallint, f => (short)f.Key));
            command.Parameters.Add(PostgresArray.Of(floors, NpgsqlDbType.TimestampTz, f => DateTime.SpecifyKind(f.Value, DateTimeKind.Utc)));
            await using var reader = await command.ExecuteReaderAsync(ct);
            var claimed = new List<ClaimedTask>();
            while (await reader.ReadAsync(ct))
            {
                claimed.Add(new ClaimedTask(
                    Id: reader.GetInt64(0),
                    Kind: reader.GetString(1),
                    Token: reader.GetInt32(2),
                    Priority: (Priority)reader.GetInt16(3),
                    RunAt: reader.GetDateTime(4),
                    CreatedAt: reader.GetDateTime(5),
                    Attempts: reader.GetInt16(6),
                    MaxAttempts: reader.GetInt16(7),
                    Progress: reader.IsDBNull(8) ? null : reader.GetString(8),
                    Body: reader.GetFieldValue<byte[]>(9)));
            }

            return claimed;
        }, ct);

    public Task<IReadOnlySet<long>> RenewAsync(IReadOnlyList<TaskRef> tasks, TimeSpan lease, CancellationToken ct) =>
        ReadIdsAsync("renew leases", Sql.Renew, [.. Refs(tasks), new NpgsqlParameter<TimeSpan> { TypedValue = lease }], ct);

    public Task<IReadOnlySet<long>> CompleteAsync(IReadOnlyList<TaskRef> tasks, CancellationToken ct) =>
        ReadIdsAsync("complete tasks", Sql.Complete, Refs(tasks), ct);

    public async Task<bool> SaveAsync(TaskRef task, string progress, CancellationToken ct)
    {
        var saved = await ReadIdsAsync("save progress", Sql.Save, [.. Refs([task]), new NpgsqlParameter<string> { TypedValue = progress }], ct);
        return saved.Count == 1;
    }

    public Task<IReadOnlySet<long>> FailAsync(IReadOnlyList<TaskFailure> failures, CancellationToken ct) =>
        ReadIdsAsync(
            "fail tasks",
            Sql.Fail,
            [
                .. Refs([.. failures.Select(f => f.Task)]),
                PostgresArray.Of(failures, NpgsqlDbType.Text, f => f.Error),
                PostgresArray.Of(failures, NpgsqlDbType.Interval, f => f.RetryIn),
            ],
            ct);

    public Task ReleaseAsync(IReadOnlyList<TaskRef> tasks, CancellationToken ct) => ReadIdsAsync("release tasks", Sql.Release, Refs(tasks), ct);

    public Task<(int Freed, int Dead)> ReclaimAsync(int max, TimeSpan? back, CancellationToken ct) =>
        UseAsync("reclaim tasks", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Reclaim, connection);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan?> { TypedValue = back, NpgsqlDbType = NpgsqlDbType.Interval });
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            return ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
        }, ct);

    public Task<TaskCounts> CountAsync(CancellationToken ct) =>
        UseAsync("count tasks", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Count, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            return new TaskCounts(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
        }, ct);

    public Task<IReadOnlyList<InstanceLeases>> ListLeasesAsync(CancellationToken ct) =>
        UseAsync<IReadOnlyList<InstanceLeases>>("list leases", async connection =>
        {
            var leases = new List<InstanceLeases>();
            await using var command = new NpgsqlCommand(Sql.ListLeases, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                leases.Add(new InstanceLeases(reader.IsDBNull(0) ? null : reader.GetGuid(0), reader.GetInt64(1), reader.GetDateTime(2), reader.GetDateTime(3)));
            }

            return leases;
        }, ct);

    private static NpgsqlParameter[] Refs(IReadOnlyList<TaskRef> tasks) =>
        [PostgresArray.Of(tasks, NpgsqlDbType.Bigint, t => t.Id), PostgresArray.Of(tasks, NpgsqlDbType.Integer, t => t.Token)];

    private Task<IReadOnlySet<long>> ReadIdsAsync(string what, string sql, NpgsqlParameter[] parameters, CancellationToken ct) =>
        UseAsync<IReadOnlySet<long>>(what, async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            // Parameters belong to one command, and a collision tries again.
            foreach (var parameter in parameters) command.Parameters.Add(parameter.Clone());
            var ids = new HashSet<long>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) ids.Add(reader.GetInt64(0));
            return ids;
        }, ct);

    private Task<T> UseAsync<T>(string what, Func<NpgsqlConnection, Task<T>> work, CancellationToken ct) => store.UseAsync(what, work, ct);

    private static partial class Sql
    {
        public const string Claim = """
            SELECT id, kind, token, priority, run_at, created_at, attempts, max_attempts, progress, body
            FROM belfry.claim_tasks($1, $2, $3, $4, $5, $6) ORDER BY priority DESC, run_at, id
            """;

        public const string Renew = "SELECT belfry.renew_tasks($1, $2, $3)";

        public const string Complete = "SELECT belfry.complete_tasks($1, $2)";

        public const string Save = "UPDATE belfry.tasks SET progress = $3 WHERE id = ANY ($1) AND token = ANY ($2) RETURNING id";

        public const string Fail = "SELECT id FROM belfry.fail_tasks($1, $2, $3, $4) WHERE dead";

        public const string Release = "SELECT belfry.release_tasks($1, $2)";

        public const string Reclaim = "SELECT count(*), count(*) FILTER (WHERE dead) FROM belfry.reclaim_tasks($1, $2)";

        public const string ListLeases = """
            SELECT instance_id, count(*), min(lease_until), max(lease_until) FROM belfry.tasks
            WHERE lease_until IS NOT NULL GROUP BY instance_id ORDER BY 2 DESC
            """;

        public const string Count = """
            SELECT count(*) FILTER (WHERE lease_until IS NULL AND run_at > belfry.now()),
                   count(*) FILTER (WHERE lease_until IS NULL AND run_at <= belfry.now()),
                   count(*) FILTER (WHERE lease_until IS NOT NULL),
                   (SELECT count(*) FROM belfry.dead_tasks)
            FROM belfry.tasks
            """;
    }
}
