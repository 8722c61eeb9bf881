namespace Belfry.Mailboxes;

/// <summary>A place in a list of dead letters, newest first: behind it stands what is older, and of the same time what has a smaller id.</summary>
/// <param name="At">UTC, whole microseconds.</param>
internal readonly record struct DeadPlace(DateTime At, long Id)
{
    /// <summary>Everything is behind it. A time that every store can hold.</summary>
    public static DeadPlace Newest { get; } = new(new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc), long.MaxValue);
}
