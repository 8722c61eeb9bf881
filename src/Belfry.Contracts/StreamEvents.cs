namespace Belfry.Contracts;

/// <summary>The values of <c>event:</c> on a stream.</summary>
public static class StreamEvents
{
    /// <summary>One notification; its data is a <see cref="Notification"/>.</summary>
    public const string Notification = "notification";

    /// <summary>The replay has ended and the stream is live; its data is a <see cref="CaughtUp"/>.</summary>
    public const string CaughtUp = "caught-up";

    /// <summary>The user has done something with his notifications, on any device; its data is a <see cref="StateChanged"/>.</summary>
    public const string State = "state";

    /// <summary>The client's cursor could not be followed; its data is a <see cref="Reset"/>.</summary>
    public const string Reset = "reset";

    /// <summary>The server ends this connection on purpose; its data is a <see cref="Bye"/>.</summary>
    public const string Bye = "bye";
}
