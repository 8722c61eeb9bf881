using System.Text.Json;
using Belfry.Contracts;

namespace Belfry.Hosting.Listening;

/// <summary>Writes events for programs (a JSON object a line) or for people.</summary>
internal sealed class EventPrinter(TextWriter output, bool json)
{
    public void Print(SseBlock block)
    {
        output.WriteLine(json ? AsJson(block) : AsText(block));
        output.Flush();
    }

    private static string AsJson(SseBlock block)
    {
        // The data is JSON already, and goes out with its own bytes.
        var id = block.Id is null ? "null" : JsonSerializer.Serialize(block.Id);
        return $$"""{"event":{{JsonSerializer.Serialize(block.Event)}},"id":{{id}},"data":{{block.Data}}}""";
    }

    private static string AsText(SseBlock block)
    {
        if (block.Event != StreamEvents.Notification) return $"{block.Event,-12} {block.Id} {block.Data}";

        var notification = JsonSerializer.Deserialize(block.Data!, ContractsJson.Default.Notification)!;
        var payload = notification.Payload.ValueKind is JsonValueKind.Undefined ? "" : notification.Payload.GetRawText();
        return $"{block.Event,-12} {block.Id}  {notification.ReceivedAt:HH:mm:ss.fff}  {notification.Priority,-6}  {notification.Source}  {notification.EventType}  {payload}";
    }
}
