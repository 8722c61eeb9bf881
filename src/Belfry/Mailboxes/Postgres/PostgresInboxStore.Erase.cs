using Belfry.Mailboxes.Marks;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Forgetting a user (see the migration that defines the functions).</summary>
internal sealed partial class PostgresInboxStore
{
    public async Task<Erasure> EraseAsync(string userId, CancellationToken ct)
    {
        // First what would still come to him, then what he has.
        var erasure = await store.UseAsync("erase a user's tasks", async connection =>
        {
            await using var command = Erase("SELECT tasks, topics, dead_letters FROM belfry.erase_work($1)", userId, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            return new Erasure(0, IsNewHistory: false, 0, Tasks: reader.GetInt64(0), Topics: reader.GetInt64(1), DeadLetters: reader.GetInt64(2));
        }, ct);
        return await store.UseAsync("erase a mailbox", async connection =>
        {
            await using var command = Erase("SELECT generation, erased, notifications FROM belfry.erase_mailbox($1)", userId, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (!await reader.ReadAsync(ct)) return erasure;
            return erasure with { Generation = reader.GetInt32(0), IsNewHistory = reader.GetBoolean(1), Notifications = reader.GetInt64(2) };
        }, ct);
    }

    private static NpgsqlCommand Erase(string sql, string userId, NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
        return command;
    }
}
