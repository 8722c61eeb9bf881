using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Streaming;

/// <summary>What a client asks of its stream.</summary>
/// <param name="Since">Where to start without a cursor.</param>
/// <param name="After">The client's cursor, when it has one.</param>
/// <param name="HasUnreadableCursor">The client sent something in the cursor's place that is none: of another history, then.</param>
/// <param name="Types">What it wants; null: everything.</param>
/// <param name="EndsAt">The <see cref="TimeProvider"/> timestamp at which the connection ends.</param>
internal sealed record StreamRequest(StreamStart Since, Cursor? After, bool HasUnreadableCursor, TypeFilter? Types, long EndsAt)
{
    public IBlockWriter Blocks { get; init; } = SseWriter.Instance;

    /// <summary>One answer is wanted, not a stream. Its cursor tells what has arrived of the answers before.</summary>
    public bool IsPoll { get; init; }

    /// <summary>The client says itself what has arrived.</summary>
    public bool Acknowledges { get; init; }

    /// <summary>Whether what is written counts as delivered: a stream that is filtered shows only a part, and some clients tell themselves.</summary>
    public bool CountsAsDelivery => Types is null && !IsPoll && !Acknowledges;
}

/// <summary>Where a stream without a cursor starts.</summary>
internal enum StreamStart
{
    /// <summary>After what has been delivered.</summary>
    Undelivered,

    /// <summary>At the end of the mailbox.</summary>
    Latest,

    /// <summary>At the mailbox's floor.</summary>
    Earliest,
}
