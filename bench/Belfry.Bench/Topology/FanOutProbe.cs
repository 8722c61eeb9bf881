using Npgsql;

namespace Belfry.Bench.Topology;

/// <summary>Looks at one fan-out in PostgreSQL: how far it has come, and in whose mailboxes it is.</summary>
internal sealed class FanOutProbe(string connectionString) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source =
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 1, CommandTimeout = 600, ApplicationName = "belfry-bench" });

    /// <summary>Null: it is done.</summary>
    public async Task<FanOutState?> ReadAsync(long task, CancellationToken ct)
    {
        await using var command = _source.CreateCommand(Sql.State);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = task });
        await using var row = await command.ExecuteReaderAsync(ct);
        if (!await row.ReadAsync(ct)) return null;
        return new FanOutState(row.GetInt32(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetString(2));
    }

    public async Task<FanOutCount> CountAsync(string topic, string eventId, string prefix, CancellationToken ct)
    {
        await using var command = _source.CreateCommand(Sql.Count);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = topic });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = eventId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = prefix + "%" });
        await using var row = await command.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return new FanOutCount(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static class Sql
    {
        public const string State = "SELECT token, lease_until IS NOT NULL, progress FROM belfry.tasks WHERE id = $1";

        public const string Count = """
            WITH copies AS MATERIALIZED (
                SELECT user_id, count(*) AS n FROM belfry.notifications WHERE event_id = $2 GROUP BY user_id
            ), members AS MATERIALIZED (
                SELECT user_id FROM belfry.topic_members WHERE topic = $1
            )
            SELECT count(*) FILTER (WHERE m.user_id IS NOT NULL AND c.n = 1),
                   count(*) FILTER (WHERE c.n IS NULL),
                   count(*) FILTER (WHERE c.n > 1),
                   count(*) FILTER (WHERE m.user_id IS NULL)
                       + (SELECT count(*) FROM belfry.notifications WHERE user_id LIKE $3 AND seq <> 1)
            FROM members m FULL JOIN copies c USING (user_id)
            """;
    }
}

/// <summary>A fan-out's task.</summary>
/// <param name="Token">Rises with each claim.</param>
/// <param name="Leased">Whether somebody has it.</param>
/// <param name="Progress">The last member whose mailbox has it; null before the first.</param>
internal readonly record struct FanOutState(int Token, bool Leased, string? Progress);

/// <summary>In whose mailboxes an event is.</summary>
internal readonly record struct FanOutCount(long Once, long Missing, long Doubled, long Others);
