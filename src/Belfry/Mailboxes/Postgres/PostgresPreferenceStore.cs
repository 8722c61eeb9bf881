using Belfry.Mailboxes.Preferences;
using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Preferences in PostgreSQL.</summary>
internal sealed class PostgresPreferenceStore(PostgresMailboxStore store) : IPreferenceStore
{
    public Task<byte[]?> FindAsync(string userId, CancellationToken ct) =>
        store.UseAsync("read preferences", async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT body FROM belfry.preferences WHERE user_id = $1", connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            await using var reader = await command.ExecuteReaderAsync(ct);
            return await reader.ReadAsync(ct) ? reader.GetFieldValue<byte[]>(0) : null;
        }, ct);

    public Task StoreAsync(string userId, byte[] body, MutedTypes muted, CancellationToken ct) =>
        store.UseAsync("store preferences", async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT belfry.prefer($1, $2, $3, $4)", connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = userId });
            command.Parameters.Add(new NpgsqlParameter<byte[]> { NpgsqlDbType = NpgsqlDbType.Json, TypedValue = body });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = muted.Names });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = muted.Prefixes });
            return await command.ExecuteNonQueryAsync(ct);
        }, ct);
}
