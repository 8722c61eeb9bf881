using Belfry.Mailboxes.Postgres;
using Npgsql;

namespace Belfry.Cluster.Postgres;

/// <summary>Looks through what the log has just received (see the migration that defines the functions).</summary>
internal sealed class PostgresSweep(PostgresMailboxStore store)
{
    // Statements are cut off after ten seconds, on the server after eleven: no append is in flight for longer.
    private static readonly TimeSpan LongestAppend = TimeSpan.FromSeconds(30);

    /// <summary>The newest seq of each user who has received something since a time, and the time from which the next look has to begin.</summary>
    /// <param name="since">By the database's clock, UTC; null: as long ago as any append can have begun.</param>
    /// <exception cref="Mailboxes.StoreUnavailableException">The server did not answer in time.</exception>
    public Task<(List<(string UserId, long Seq)> Users, DateTime Next)> LookAsync(DateTime? since, CancellationToken ct) =>
        store.UseAsync("sweep", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Sweep, connection);
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)since ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = LongestAppend });
            var users = new List<(string, long)>();
            var next = default(DateTime);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                if (reader.IsDBNull(0)) next = reader.GetDateTime(2);
                else users.Add((reader.GetString(0), reader.GetInt64(1)));
            }

            return (users, next);
        }, ct);

    /// <summary>Sums up what of the log's index of times is full; a look is as cheap as that is up to date.</summary>
    /// <param name="all">Whatever has been left, and not only the latest.</param>
    public Task SummarizeAsync(bool all, CancellationToken ct) =>
        store.UseAsync("sum up the log", async connection =>
        {
            await using var command = new NpgsqlCommand(all ? Sql.SummarizeAll : Sql.Summarize, connection);
            return await command.ExecuteScalarAsync(ct);
        }, ct);

    private static class Sql
    {
        public const string Sweep = "SELECT user_id, seq, next_since FROM belfry.sweep(coalesce($1, belfry.now() - $2), $2)";

        // 64 ranges are 256 MiB: more than is written between two of these.
        public const string Summarize = "SELECT belfry.summarize_full_ranges(belfry.now(), 64)";

        public const string SummarizeAll = "SELECT belfry.summarize_full_ranges(belfry.now() - interval '1 day', 1000000)";
    }
}
