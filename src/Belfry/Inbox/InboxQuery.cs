using System.Globalization;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary>Which page of an inbox is asked for.</summary>
/// <param name="Before">Only what is older than this place.</param>
/// <param name="After">Only what is newer than this place; alone, the page begins there.</param>
/// <param name="Types">Null: all.</param>
internal sealed record InboxQuery(int Limit, Cursor? Before, Cursor? After, InboxFilter Filter, TypeFilter? Types)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 100;

    /// <summary>Whether the page is read from its newest notification on.</summary>
    public bool NewestFirst => After is null || Before is not null;

    /// <summary>Reads the query; null with what is wrong.</summary>
    public static InboxQuery? Parse(IQueryCollection query, out string? fault)
    {
        fault = null;
        var limit = DefaultLimit;
        if (query["limit"].ToString() is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            fault = $"limit is a number from 1 to {MaxLimit}.";
        }

        InboxFilter? filter = query["filter"].ToString() switch
        {
            "" or "all" => InboxFilter.All,
            "unread" => InboxFilter.Unread,
            "archived" => InboxFilter.Archived,
            _ => null,
        };
        if (filter is null) fault = "filter is one of all, unread, archived.";
        if (!TryRead(query["before"], out var before)) fault = "before is a cursor: <epoch>-<seq>.";
        if (!TryRead(query["after"], out var after)) fault = "after is a cursor: <epoch>-<seq>.";
        return fault is null ? new InboxQuery(limit, before, after, filter!.Value, TypeFilter.Parse(query["types"])) : null;
    }

    /// <summary>Whether it names a place in another history.</summary>
    public bool IsOfOtherEpoch(string epoch) => (Before ?? After)?.Epoch is { } one && (one != epoch || (After?.Epoch ?? one) != epoch);

    /// <summary>The seqs that may stand on the page.</summary>
    public SeqRange RangeOf(MailboxHead head) => new(
        Math.Max(head.FloorSeq, After?.Seq ?? 0) + 1,
        Math.Min(head.LastSeq, (Before?.Seq ?? long.MaxValue) - 1));

    /// <summary>Whether one with these marks is asked for.</summary>
    public bool Wants(MarkState state) => Filter switch
    {
        InboxFilter.Unread => state < MarkState.Read,
        InboxFilter.Archived => state.HasFlag(MarkState.Archived) && (state & (MarkState.Deleted | MarkState.Expired | MarkState.Collapsed)) == 0,
        _ => !state.IsHidden(),
    };

    private static bool TryRead(string? text, out Cursor? cursor)
    {
        cursor = null;
        if (string.IsNullOrEmpty(text)) return true;
        if (!Cursor.TryParse(text, out var read)) return false;
        cursor = read;
        return true;
    }
}

/// <summary>Which notifications a page shows.</summary>
internal enum InboxFilter
{
    /// <summary>All that are in the inbox.</summary>
    All,

    /// <summary>Of these the ones that have not been read.</summary>
    Unread,

    /// <summary>Those that were put away.</summary>
    Archived,
}
