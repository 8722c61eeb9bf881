using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Events as they come to the store's door.</summary>
internal static class Events
{
    public const string Source = "job-service";

    public static NewNotification New(
        string userId,
        string? id = null,
        string source = Source,
        string payload = """{"title":"Engineer"}""",
        DateTime? timestamp = null,
        string? traceparent = null,
        string? attributes = null,
        Priority priority = Priority.Medium,
        string type = "job.posted",
        DateTime? expiresAt = null,
        string? collapseKey = null)
    {
        id ??= Guid.CreateVersion7().ToString();
        return new NewNotification
        {
            UserId = userId,
            Source = source,
            EventId = id,
            EventKey = EventKey.Of(source, id),
            NotificationId = Guid.CreateVersion7(),
            EventType = type,
            Priority = priority,
            EventTimestamp = timestamp ?? new DateTime(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc),
            Payload = Encoding.UTF8.GetBytes(payload),
            ExpiresAt = expiresAt,
            CollapseKey = collapseKey,
            Traceparent = traceparent,
            Attributes = attributes is null ? null : Encoding.UTF8.GetBytes(attributes),
        };
    }

    /// <summary>Several for one user, with ids that tell them apart.</summary>
    public static List<NewNotification> Several(string userId, int count) => [.. Enumerable.Range(0, count).Select(_ => New(userId))];
}
