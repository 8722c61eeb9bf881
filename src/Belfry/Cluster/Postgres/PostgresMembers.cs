using Belfry.Mailboxes.Postgres;
using Npgsql;

namespace Belfry.Cluster.Postgres;

/// <summary>The table of instances.</summary>
internal sealed class PostgresMembers(PostgresMailboxStore store)
{
    /// <summary>Says that an instance lives; answers what there is beside it.</summary>
    /// <exception cref="Mailboxes.StoreUnavailableException">The server did not answer in time.</exception>
    public Task<Beat> BeatAsync(
        Guid me, string name, string version, bool draining, int streams, TimeSpan lease, string[] duties, CancellationToken ct) =>
        store.UseAsync("beat", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Beat, connection);
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = me });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = version });
            command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = draining });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = streams });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = duties });

            var members = new List<Member>();
            var (entered, unlisted, connections) = (false, false, 0);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                members.Add(new Member(
                    Id: reader.GetGuid(0),
                    Name: reader.GetString(1),
                    Version: reader.GetString(2),
                    StartedAt: reader.GetDateTime(3),
                    LeaseUntil: reader.GetDateTime(4),
                    Alive: reader.GetBoolean(5),
                    Draining: reader.GetBoolean(6),
                    Streams: reader.GetInt32(7),
                    Duties: reader.GetFieldValue<string[]>(8)));
                (entered, unlisted, connections) = (reader.GetBoolean(9), reader.GetBoolean(10), reader.GetInt32(11));
            }

            return new Beat(members, entered, unlisted, connections);
        }, ct);

    /// <summary>Takes an instance out, with its duties and its users.</summary>
    public Task LeaveAsync(Guid me, CancellationToken ct) =>
        store.UseAsync("leave", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Leave, connection);
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = me });
            return await command.ExecuteNonQueryAsync(ct);
        }, ct);

    private static class Sql
    {
        public const string Beat = """
            SELECT id, name, version, started_at, lease_until, alive, draining, streams, duties, entered, unlisted, max_connections
            FROM belfry.beat($1, $2, $3, $4, $5, $6, $7)
            """;

        public const string Leave = "SELECT belfry.leave($1)";
    }
}
