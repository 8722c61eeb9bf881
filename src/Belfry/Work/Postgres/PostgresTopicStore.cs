using Belfry.Mailboxes.Postgres;
using Belfry.Work.Topics;
using Npgsql;

namespace Belfry.Work.Postgres;

/// <summary>Members of topics in PostgreSQL.</summary>
internal sealed class PostgresTopicStore(PostgresMailboxStore store) : ITopicStore
{
    public Task<int> AddMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct) =>
        ChangeAsync("add members", Sql.Add, topic, userIds, ct);

    public Task<int> RemoveMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct) =>
        ChangeAsync("remove members", Sql.Remove, topic, userIds, ct);

    public Task<IReadOnlyList<string>> ReadMembersAsync(string topic, string? after, int max, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<string>>("read members", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Read, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = topic });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after ?? "" });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
            var members = new List<string>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) members.Add(reader.GetString(0));
            return members;
        }, ct);

    private Task<int> ChangeAsync(string what, string sql, string topic, IReadOnlyList<string> userIds, CancellationToken ct) =>
        store.UseAsync(what, async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = topic });
            command.Parameters.Add(new NpgsqlParameter { Value = userIds.ToArray() });
            return await command.ExecuteNonQueryAsync(ct);
        }, ct);

    private static class Sql
    {
        // In order, so that two lists with the same users never wait crosswise.
        public const string Add = """
            INSERT INTO belfry.topic_members SELECT $1, u, belfry.now() FROM (SELECT DISTINCT unnest($2) COLLATE "C" AS u) l ORDER BY u ON CONFLICT DO NOTHING
            """;

        public const string Remove = """
            DELETE FROM belfry.topic_members WHERE (topic, user_id) IN (
                SELECT topic, user_id FROM belfry.topic_members WHERE topic = $1 AND user_id = ANY ($2) ORDER BY user_id FOR UPDATE)
            """;

        public const string Read = "SELECT user_id FROM belfry.topic_members WHERE topic = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
    }
}
