namespace Belfry.Ingest.Events;

/// <summary>How large what comes through the door may be. Part of the contract with producers, so not settings.</summary>
internal static class EventLimits
{
    /// <summary>One request, or one Kafka record, in bytes.</summary>
    public const int Body = 1024 * 1024;

    /// <summary>Events in one request.</summary>
    public const int Items = 1000;

    /// <summary>Users that one event names; the body's size is the nearer bound.</summary>
    public const int Users = 100_000;

    /// <summary>Users of one event whose notifications are stored before the answer; for more a task does it.</summary>
    public const int UsersInPlace = 1000;

    /// <summary>Mailboxes that all events of one request name together: what it may hold in memory at once.</summary>
    public const int Notifications = 10_000;

    /// <summary>One payload, in bytes of UTF-8.</summary>
    public const int Payload = 64 * 1024;

    /// <summary>Arrays and objects inside each other in a payload.</summary>
    public const int PayloadDepth = 64;

    /// <summary>Characters (UTF-16) of an id, a source, a user.</summary>
    public const int Name = 255;

    /// <summary>Characters (UTF-16) of an event type.</summary>
    public const int EventType = 100;

    /// <summary>CloudEvents extensions that are kept beside an event.</summary>
    public const int Extensions = 50;

    /// <summary>The JSON of those extensions, in bytes.</summary>
    public const int ExtensionBytes = 8 * 1024;
}
