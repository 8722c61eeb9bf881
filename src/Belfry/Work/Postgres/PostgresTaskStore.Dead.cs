using Belfry.Mailboxes;
using Npgsql;

namespace Belfry.Work.Postgres;

/// <summary>The dead letters.</summary>
internal sealed partial class PostgresTaskStore
{
    public Task<IReadOnlyList<DeadTask>> ListDeadAsync(int max, DeadPlace? before, CancellationToken ct)
    {
        var (at, id) = before ?? DeadPlace.Newest;
        return UseAsync<IReadOnlyList<DeadTask>>("list dead tasks", async connection => await ReadDeadAsync(connection, Sql.ListDead, [max, at, id], ct), ct);
    }

    public Task<DeadTask?> FindDeadAsync(long id, CancellationToken ct) =>
        UseAsync("find a dead task", async connection => (await ReadDeadAsync(connection, Sql.FindDead, [id], ct)).SingleOrDefault(), ct);

    public Task<IReadOnlySet<long>> RetryDeadAsync(IReadOnlyList<long> ids, CancellationToken ct) =>
        ReadIdsAsync("retry dead tasks", Sql.RetryDead, [new NpgsqlParameter<long[]> { TypedValue = [.. ids] }], ct);

    public Task<IReadOnlySet<long>> DropDeadAsync(IReadOnlyList<long> ids, CancellationToken ct) =>
        ReadIdsAsync("drop dead tasks", Sql.DropDead, [new NpgsqlParameter<long[]> { TypedValue = [.. ids] }], ct);

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
                MaxAttempts: reader.GetInt16(7),
                Size: reader.GetInt32(8),
                Body: reader.IsDBNull(9) ? null : reader.GetFieldValue<byte[]>(9)));
        }

        return dead;
    }

    private static partial class Sql
    {
        private const string DeadColumns = "id, kind, created_at, died_at, attempts, last_error, progress, max_attempts, octet_length(body)";

        public const string ListDead = $"""
            SELECT {DeadColumns}, NULL::bytea FROM belfry.dead_tasks WHERE (died_at, id) < ($2, $3) ORDER BY died_at DESC, id DESC LIMIT $1
            """;

        public const string FindDead = $"SELECT {DeadColumns}, body FROM belfry.dead_tasks WHERE id = $1";

        // One that was published again meanwhile waits already; its dead letter is not needed any more.
        public const string RetryDead = """
            WITH gone AS (DELETE FROM belfry.dead_tasks WHERE id = ANY ($1) RETURNING *),
            back AS (
                INSERT INTO belfry.tasks (kind, task_key, priority, run_at, created_at, max_attempts, progress, body, event_key)
                SELECT kind, task_key, priority, belfry.now(), created_at, max_attempts, progress, body, event_key FROM gone ORDER BY task_key
                ON CONFLICT (task_key, kind) DO NOTHING
            )
            SELECT id FROM gone
            """;

        public const string DropDead = "DELETE FROM belfry.dead_tasks WHERE id = ANY ($1) RETURNING id";
    }
}
