using System.Text;
using Belfry.Mailboxes.Preferences;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>Preferences in the file of the mailboxes.</summary>
internal sealed class SqlitePreferenceStore(SqliteMailboxStore store) : IPreferenceStore
{
    public Task<byte[]?> FindAsync(string userId, CancellationToken ct) => store.ReadAsync("read preferences", session =>
    {
        using var row = session.Prepare("SELECT body FROM preferences WHERE user_id = ?1").Bind(userId);
        return row.Step() ? row.Bytes(0) : null;
    }, ct);

    public Task StoreAsync(string userId, byte[] body, MutedTypes muted, CancellationToken ct) => store.WriteAsync("store preferences", session =>
    {
        using var write = store.Begin(session);
        session.Prepare(Sql.Store).Bind(userId).Bind(Encoding.UTF8.GetString(body)).Bind(muted.IsEmpty ? null : muted.ToString()).Bind(store.Now).Run();
        write.Commit();
        return true;
    }, ct);

    private static class Sql
    {
        public const string Store = """
            INSERT INTO preferences (user_id, body, muted, changed_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET body = ?2, muted = ?3, changed_at = ?4
            """;
    }
}
