using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Belfry.Mailboxes.Marks;

/// <summary>A change as instances hand it to each other, over the wire and in the database.</summary>
internal static class InboxChangeBytes
{
    public static byte[] Of(InboxChange change) => JsonSerializer.SerializeToUtf8Bytes(change, InboxChangeJson.Default.InboxChange);

    /// <summary>False: it is of a version that we do not know.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out InboxChange? change)
    {
        change = null;
        try
        {
            change = JsonSerializer.Deserialize(bytes, InboxChangeJson.Default.InboxChange);
        }
        catch (JsonException)
        {
            // Of a later version, or not ours.
        }

        return change is { UserId: not null, Counts: not null };
    }
}

/// <summary>Short enough for a NOTIFY: numbers for names, nulls left out.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(InboxChange))]
internal sealed partial class InboxChangeJson : JsonSerializerContext;
