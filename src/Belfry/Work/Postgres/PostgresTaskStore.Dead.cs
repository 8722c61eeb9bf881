using Npgsql;

namespace Belfry.Work.Postgres;

/// <summary>The dead letters.</summary>
internal sealed partial class PostgresTaskStore
{
    public Task<IReadOnlyList<DeadTask>> ListDeadAsync(int max, long? beforeId, CancellationToken ct) =>
        UseAsync<IReadOnlyList<DeadTask>>("list dead tasks", async connection => await ReadDeadAsync(connection, Sql.ListDead, [max, beforeId ?? long.MaxValue], ct), ct);

    public Task<DeadTask?> FindDeadAsync(long id, CancellationToken ct) =>
        UseAsync("find a dead task", async connection => (await ReadDeadAsync(connection, Sql.FindDead, [id], ct)).SingleOrDefault(), ct);

    public Task<int> RetryDeadAsync(IReadOnlyList<long> ids, CancellationToken ct) => CountAsync("retry dead tasks", Sql.RetryDead, ids, ct);

    public Task<int> DropDeadAsync(IReadOnlyList<long> ids, CancellationToken ct) => CountAsync("drop dead tasks", Sql.DropDead, ids, ct);

    private static async Task<List<DeadTask>> ReadDeadAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        var dead = new List<DeadTask>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            dead.Add(new DeadTask(
                Id: reader.GetInt64(0),
                Kind: reader.GetString(1),
                CreatedAt: reader.GetDateTime(2),
                DiedAt: reader.GetDateTime(3),
                Attempts: reader.GetInt16(4),
                LastError: reader.IsDBNull(5) ? null : reader.GetString(5),
                Progress: reader.IsDBNull(6) ? null : reader.GetString(6),
                Body: reader.GetFieldValue<byte[]>(7)));
        }

        return dead;
    }

    private Task<int> CountAsync(string what, string sql, IReadOnlyList<long> ids, CancellationToken ct) =>
        UseAsync(what, async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.Add(new NpgsqlParameter { Value = ids.ToArray() });
            return (int)(long)(await command.ExecuteScalarAsync(ct))!;
        }, ct);

    private static partial class Sql
    {
        private const string DeadColumns = "id, kind, created_at, died_at, attempts, last_error, progress, body";

        public const string ListDead = $"SELECT {DeadColumns} FROM belfry.dead_tasks WHERE id < $2 ORDER BY id DESC LIMIT $1";

        public const string FindDead = $"SELECT {DeadColumns} FROM belfry.dead_tasks WHERE id = $1";

        // One that was published again meanwhile waits already; its dead letter is not needed any more.
        public const string RetryDead = """
            WITH gone AS (DELETE FROM belfry.dead_tasks WHERE id = ANY ($1) RETURNING *),
            back AS (
                INSERT INTO belfry.tasks (kind, task_key, priority, run_at, created_at, max_attempts, progress, body)
                SELECT kind, task_key, priority, belfry.now(), created_at, max_attempts, progress, body FROM gone ORDER BY task_key
                ON CONFLICT (task_key, kind) DO NOTHING
            )
            SELECT count(*) FROM gone
            """;

        public const string DropDead = "WITH gone AS (DELETE FROM belfry.dead_tasks WHERE id = ANY ($1) RETURNING 1) SELECT count(*) FROM gone";
    }
}
