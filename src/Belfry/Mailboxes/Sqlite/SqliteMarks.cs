using Belfry.Mailboxes.Marks;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>Marks in the file of the mailboxes, changed within a transaction that the caller has begun.</summary>
internal static class SqliteMarks
{
    // Ranges do not overlap, so that the one which reaches into the window from below is the last that begins there.
    private const string Overlapping = """
        SELECT first_seq, last_seq, state FROM marks
        WHERE user_id = ?1 AND first_seq <= ?3 AND last_seq >= ?2
          AND first_seq >= coalesce((SELECT max(b.first_seq) FROM marks b WHERE b.user_id = ?1 AND b.first_seq <= ?2), 0)
        """;

    private const string ReadUp = $"{Overlapping} ORDER BY first_seq LIMIT ?4";

    private const string ReadDown = $"{Overlapping} ORDER BY first_seq DESC LIMIT ?4";

    private const string Delete = "DELETE FROM marks WHERE user_id = ?1 AND first_seq = ?2";

    private const string Insert = "INSERT INTO marks (user_id, first_seq, last_seq, state) VALUES (?1, ?2, ?3, ?4)";

    private const string Move = """
        INSERT INTO inboxes (user_id, state_version, seen_sum, read_sum, hidden_sum, gone_sum, last_change) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET state_version = state_version + 1, seen_sum = seen_sum + ?2, read_sum = read_sum + ?3,
            hidden_sum = hidden_sum + ?4, gone_sum = gone_sum + ?5, last_change = ?6
        """;

    public static List<MarkRange> Read(SqliteSession session, string userId, SeqRange of, bool newestFirst = false, int max = int.MaxValue)
    {
        var ranges = new List<MarkRange>();
        using var rows = session.Prepare(newestFirst ? ReadDown : ReadUp).Bind(userId).Bind(of.First).Bind(of.Last).Bind(max);
        while (rows.Step()) ranges.Add(new MarkRange(rows.Int64(0), rows.Int64(1), (MarkState)rows.Int32(2)));
        return ranges;
    }

    /// <param name="head">The mailbox as it is in this transaction.</param>
    public static InboxAnswer Change(SqliteSession session, string userId, InboxRequest request, MailboxHead head)
    {
        var before = Read(session, userId, InboxEdit.WindowOf(request) ?? new SeqRange(0, -1));
        var edit = InboxEdit.Plan(request, head, before);
        if (edit.Changed.Count == 0) return InboxEdit.Nothing(head);

        var answer = InboxEdit.Answer(userId, request, head, edit, MarkEdit.SumBelow(before, head.FloorSeq));
        foreach (var gone in edit.Gone) session.Prepare(Delete).Bind(userId).Bind(gone.First).Run();
        foreach (var (first, last, state) in edit.Come) session.Prepare(Insert).Bind(userId).Bind(first).Bind(last).Bind((long)state).Run();
        var moved = edit.Moved;
        session.Prepare(Move).Bind(userId).Bind(moved.Seen).Bind(moved.Read).Bind(moved.Hidden).Bind(moved.Gone).Bind(InboxChangeBytes.Of(answer.Change!)).Run();
        return answer;
    }
}
