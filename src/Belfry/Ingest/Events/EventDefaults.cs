using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Belfry.Mailboxes;

namespace Belfry.Ingest.Events;

/// <summary>What stands in for what an event does not say itself.</summary>
/// <param name="Source">The API key's name, or the Kafka topic.</param>
/// <param name="Timestamp">UTC, whole microseconds.</param>
internal readonly record struct EventDefaults(string Source, DateTime Timestamp)
{
    /// <summary>The id of an event that has none. Null: one is made.</summary>
    public Guid? Id { get; init; }

    /// <summary>Where ids are made from, so that what is read again has them again. Null: an event without an id gets a UUIDv7.</summary>
    public string? IdStem { get; init; }

    /// <summary>With the stem: the event's place in its request, or the record's offset.</summary>
    public long Place { get; init; }

    /// <summary>The key of a Kafka record, UTF-8: whose mailbox it is when the event names nobody.</summary>
    public byte[]? UserKey { get; init; }

    public string? Traceparent { get; init; }

    public string MakeId() =>
        IdStem is null ? (Id ?? Guid.CreateVersion7()).ToString() : string.Create(CultureInfo.InvariantCulture, $"{IdStem}/{Place}");

    /// <summary>The user that the key names; null when it names none.</summary>
    public string? FindUser()
    {
        if (UserKey is null || UserKey.Length > EventLimits.Name * 3 || !Utf8.IsValid(UserKey)) return null;
        var user = Encoding.UTF8.GetString(UserKey);
        return TextRules.FindFault(user, EventLimits.Name) is null ? user : null;
    }
}
