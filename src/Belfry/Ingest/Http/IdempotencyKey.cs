using System.Security.Cryptography;
using System.Text;
using Belfry.Ingest.Events;

namespace Belfry.Ingest.Http;

/// <summary>
/// The header <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header): a repeated request with the same key makes the same
/// ids for events that have none, and so nothing twice. The draft's quotes may stand around the key or not; it is the same key.
/// </summary>
internal sealed record IdempotencyKey(string Value)
{
    public const string Header = "Idempotency-Key";

    private const int MaxLength = 255;

    // Behind the key stand a slash and the event's place in the request.
    private const int MaxPlace = 20;

    /// <summary>Null when there is none, or when it has a fault.</summary>
    public static IdempotencyKey? Read(IHeaderDictionary headers, out string? fault)
    {
        fault = null;
        var values = headers[Header];
        if (values.Count == 0) return null;

        var value = values.Count == 1 ? Unquote(values[0]!) : null;
        if (value is { Length: > 0 and <= MaxLength } && !value.AsSpan().ContainsAnyExceptInRange('!', '~')) return new IdempotencyKey(value);

        fault = values.Count > 1 ? $"{Header} is there more than once." : $"{Header} is not 1 to {MaxLength} visible ASCII characters.";
        return null;
    }

    /// <summary>What ids are made from: the key, or, where an id would be too long with it, its hash.</summary>
    public string ToIdStem() =>
        Value.Length + MaxPlace <= EventLimits.Name ? Value : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Value)));

    /// <summary>The text of a structured field's string; null when its quotes do not fit together. What has none is taken as it is.</summary>
    private static string? Unquote(string value)
    {
        if (!value.StartsWith('"')) return value;

        var text = new StringBuilder(value.Length);
        for (var i = 1; i < value.Length; i++)
        {
            if (value[i] == '"') return i == value.Length - 1 ? text.ToString() : null;
            if (value[i] == '\\' && (++i == value.Length || value[i] is not ('"' or '\\'))) return null;
            text.Append(value[i]);
        }

        return null;
    }
}
