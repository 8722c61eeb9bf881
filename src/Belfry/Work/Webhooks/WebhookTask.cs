using System.Text.Json;
using Belfry.Contracts;

namespace Belfry.Work.Webhooks;

/// <summary>A task's body: which notification it is about. Its id tells it from one that got the same seq after an erasure.</summary>
internal sealed record WebhookTask(string UserId, long Seq, Guid NotificationId)
{
    /// <summary>The ranks of an endpoint's tasks, the most urgent first. No other endpoint and no other kind has them.</summary>
    public static IReadOnlyList<Priority> RanksOf(int number) =>
        [Rank(number, Priority.High), Rank(number, Priority.Medium), Rank(number, Priority.Low)];

    public static Priority Rank(int number, Priority priority) => (Priority)((number * 4) + (int)priority);

    public static WebhookTask Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var json = document.RootElement;
        return new WebhookTask(json.GetProperty("user_id").GetString()!, json.GetProperty("seq").GetInt64(), json.GetProperty("notification_id").GetGuid());
    }

    public byte[] ToBody()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("user_id"u8, UserId);
            json.WriteNumber("seq"u8, Seq);
            json.WriteString("notification_id"u8, NotificationId);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
