using Belfry.Mailboxes.Sqlite;
using Belfry.Work.Topics;

namespace Belfry.Work.Sqlite;

/// <summary>Members of topics in the file of the mailboxes.</summary>
internal sealed class SqliteTopicStore(SqliteMailboxStore store) : ITopicStore
{
    public Task<int> AddMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct) =>
        ChangeAsync("add members", userIds, (session, user) => session.Prepare(Sql.Add).Bind(topic).Bind(user).Bind(store.Now).Run(), ct);

    public Task<int> RemoveMembersAsync(string topic, IReadOnlyList<string> userIds, CancellationToken ct) =>
        ChangeAsync("remove members", userIds, (session, user) => session.Prepare(Sql.Remove).Bind(topic).Bind(user).Run(), ct);

    public Task<IReadOnlyList<string>> ReadMembersAsync(string topic, string? after, int max, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<string>>("read members", session =>
        {
            var members = new List<string>();
            using var rows = session.Prepare(Sql.Read).Bind(topic).Bind(after ?? "").Bind(max);
            while (rows.Step()) members.Add(rows.Text(0));
            return members;
        }, ct);

    private Task<int> ChangeAsync(string what, IReadOnlyList<string> userIds, Action<SqliteSession, string> change, CancellationToken ct) =>
        store.WriteAsync(what, session =>
        {
            var changed = 0;
            using var write = store.Begin(session);
            foreach (var user in userIds)
            {
                change(session, user);
                changed += session.Changes;
            }

            write.Commit();
            return changed;
        }, ct);

    private static class Sql
    {
        public const string Add = "INSERT INTO topic_members VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

        public const string Remove = "DELETE FROM topic_members WHERE topic = ?1 AND user_id = ?2";

        public const string Read = "SELECT user_id FROM topic_members WHERE topic = ?1 AND user_id > ?2 ORDER BY user_id LIMIT ?3";
    }
}
