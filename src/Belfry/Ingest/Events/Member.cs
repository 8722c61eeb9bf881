using System.Text.Json;

namespace Belfry.Ingest.Events;

/// <summary>The members of an event that mean something here, flat and CloudEvents together: shared names mean the same in both.</summary>
internal enum Member
{
    Id,
    Source,
    Priority,
    Traceparent,
    Topic,

    // Flat only.
    NotificationId,
    UserId,
    UserIds,
    EventType,
    EventTimestamp,
    Payload,
    DeliverAt,
    ExpiresAt,
    CollapseKey,

    // CloudEvents only.
    SpecVersion,
    Type,
    Subject,
    Time,
    DataContentType,
    Data,
    DataBase64,
    UserIdsExtension,
    DeliverAtExtension,
    ExpiresAtExtension,
    CollapseKeyExtension,
}

internal static class Members
{
    public const int Count = (int)Member.CollapseKeyExtension + 1;

    private const int LongestName = 15;

    private static readonly string[] Names =
    [
        "id", "source", "priority", "traceparent", "topic",
        "notification_id", "user_id", "user_ids", "event_type", "event_timestamp", "payload", "deliver_at", "expires_at", "collapse_key",
        "specversion", "type", "subject", "time", "datacontenttype", "data", "data_base64", "userids", "deliverat", "expiresat", "collapsekey",
    ];

    // A handful of candidates for each length: cheaper than hashing every name that comes by.
    private static readonly (byte[] Name, Member Member)[][] ByLength =
    [
        .. Enumerable.Range(0, LongestName + 1).Select(length => Names
            .Select((name, place) => (System.Text.Encoding.UTF8.GetBytes(name), (Member)place))
            .Where(entry => entry.Item1.Length == length)
            .ToArray()),
    ];

    public static string NameOf(this Member member) => Names[(int)member];

    /// <summary>Whether a CloudEvent has this member, by standard or as one of our extensions.</summary>
    public static bool IsOfCloudEvents(this Member member) => member is <= Member.Topic or >= Member.SpecVersion;

    /// <summary>The member that a property name stands for; null when it means nothing here.</summary>
    public static Member? Find(ref readonly Utf8JsonReader property)
    {
        if (!property.ValueIsEscaped) return Find(property.ValueSpan);

        // Longer ones are no member even when every escape in them stands for one character.
        var raw = property.ValueSpan;
        if (raw.Length > LongestName * 6 || !StorableJson.HasValidEscapes(raw)) return null;
        Span<byte> name = stackalloc byte[LongestName * 6];
        return Find(name[..property.CopyString(name)]);
    }

    private static Member? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName) return null;
        foreach (var (known, member) in ByLength[name.Length])
        {
            if (name.SequenceEqual(known)) return member;
        }

        return null;
    }
}
