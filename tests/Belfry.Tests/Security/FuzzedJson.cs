using System.Text.Json;

namespace Belfry.Tests.Security;

/// <summary>One member of an object, as it stands in a text.</summary>
internal sealed record JsonMember(byte[] Name, byte[] Value)
{
    private const int Most = 300;

    /// <summary>The members as far as the text is JSON, and where each stands.</summary>
    public static List<(int From, int To, JsonMember Member)> Find(byte[] text)
    {
        var found = new List<(int, int, JsonMember)>();
        var json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 100_000 });
        try
        {
            while (found.Count < Most && json.Read())
            {
                if (json.TokenType != JsonTokenType.PropertyName) continue;
                var (from, nameEnd) = ((int)json.TokenStartIndex, (int)json.TokenStartIndex + json.ValueSpan.Length + 2);
                var ahead = json;
                ahead.Read();
                var value = (int)ahead.TokenStartIndex;
                ahead.Skip();
                found.Add((from, (int)ahead.BytesConsumed, new JsonMember(text[from..nameEnd], text[value..(int)ahead.BytesConsumed])));
            }
        }
        catch (JsonException)
        {
            // What comes after is no JSON.
        }

        return found;
    }
}

/// <summary>What a body's events carry, read by another reader than the server's.</summary>
internal static class PayloadOracle
{
    /// <summary>The JSON of the event's payload as it was sent.</summary>
    public static string PayloadOf(byte[] body, int index, bool isCloudEvent)
    {
        var text = body.AsSpan().StartsWith("\uFEFF"u8) ? body.AsMemory(3) : body;
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 100_000 });
        var item = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement[index] : document.RootElement;
        var payload = Find(item, isCloudEvent || Find(item, "specversion") is { ValueKind: not JsonValueKind.Null } ? "data" : "payload");
        return payload?.GetRawText() ?? "null";
    }

    /// <summary>A text that is one JSON value, without what may stand around it; of nothing it is null.</summary>
    public static string JsonOf(byte[] text)
    {
        var json = text.AsSpan().StartsWith("\uFEFF"u8) ? text.AsMemory(3) : text;
        if (json.IsEmpty) return "null";
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 100_000 });
        return document.RootElement.GetRawText();
    }

    private static JsonElement? Find(JsonElement item, string name)
    {
        foreach (var member in item.EnumerateObject())
        {
            if (IsName(member, name)) return member.Value;
        }

        return null;
    }

    private static bool IsName(JsonProperty member, string name)
    {
        try
        {
            return member.Name == name;
        }
        catch (InvalidOperationException)
        {
            return false; // Half of a surrogate pair.
        }
    }
}
