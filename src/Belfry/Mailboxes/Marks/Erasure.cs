namespace Belfry.Mailboxes.Marks;

/// <summary>What was forgotten of a user.</summary>
/// <param name="Generation">Of his mailbox from now on.</param>
/// <param name="IsNewHistory">Whether there was anything in the mailbox, so that its cursors mean nothing any more.</param>
internal sealed record Erasure(int Generation, bool IsNewHistory, long Notifications, long Tasks, long Topics, long DeadLetters);
