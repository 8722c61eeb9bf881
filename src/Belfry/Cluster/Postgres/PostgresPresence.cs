using Belfry.Mailboxes.Postgres;
using Npgsql;

namespace Belfry.Cluster.Postgres;

/// <summary>The table of who is connected where.</summary>
internal sealed class PostgresPresence(PostgresMailboxStore store)
{
    /// <summary>No user has this name: an instance enters it when all of its users are in the table.</summary>
    public const string Sign = "";

    /// <summary>Enters users of an instance, and takes others out.</summary>
    /// <exception cref="Mailboxes.StoreUnavailableException">The server did not answer in time.</exception>
    public Task WriteAsync(Guid instance, string[] come, string[] gone, CancellationToken ct) =>
        store.UseAsync("write presence", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Write, connection);
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = instance });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = come });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = gone });
            return await command.ExecuteNonQueryAsync(ct);
        }, ct);

    /// <summary>The living instances where a user is connected.</summary>
    /// <exception cref="Mailboxes.StoreUnavailableException">The server did not answer in time.</exception>
    public Task<IReadOnlyList<Connected>> FindAsync(string userId, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<Connected>>("find presence", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Find, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            var places = new List<Connected>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) places.Add(new Connected(reader.GetGuid(0), reader.GetString(1), reader.GetDateTime(2)));
            return places;
        }, ct);

    private static class Sql
    {
        // The rows are an instance's own, so nobody waits for them.
        public const string Write = """
            WITH gone AS (
                DELETE FROM belfry.presence p USING unnest($3) AS g(user_id) WHERE p.user_id = g.user_id AND p.instance_id = $1
            )
            INSERT INTO belfry.presence (user_id, instance_id, since) SELECT u, $1, belfry.now() FROM unnest($2) u ON CONFLICT DO NOTHING
            """;

        public const string Find = """
            SELECT i.id, i.name, p.since FROM belfry.presence p JOIN belfry.instances i ON i.id = p.instance_id
            WHERE p.user_id = $1 AND i.lease_until > belfry.now() ORDER BY p.since
            """;
    }
}
