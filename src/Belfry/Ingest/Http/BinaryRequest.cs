using System.Buffers;
using System.Text;
using Belfry.Ingest.Events;

namespace Belfry.Ingest.Http;

/// <summary>A CloudEvent in HTTP's binary mode: the attributes are headers <c>ce-*</c>, the body is the data.</summary>
internal static class BinaryRequest
{
    private const string Prefix = "ce-";

    /// <summary>The event without its data; null when the request is no such event.</summary>
    public static BinaryEvent? Find(HttpRequest request)
    {
        var headers = request.Headers;
        var isOne = headers.ContainsKey("ce-specversion") || headers.ContainsKey("ce-id") || headers.ContainsKey("ce-source") || headers.ContainsKey("ce-type");
        if (!isOne || BinaryEvent.IsStructured(request.ContentType)) return null;

        var found = new BinaryEvent(request.ContentType);
        foreach (var (name, values) in headers)
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) continue;
            var attribute = name[Prefix.Length..].ToLowerInvariant();
            foreach (var value in values)
            {
                if (Decode(value ?? "") is { } text) found.Add(attribute, text);
                else found.RefuseValue(attribute, "has a '%' without two hexadecimal digits behind it");
            }
        }

        return found;
    }

    /// <summary>Takes quotes off, as senders by older versions put them, and then decodes what stands behind each <c>%</c>, once.</summary>
    internal static byte[]? Decode(string value)
    {
        var text = Encoding.UTF8.GetBytes(Unquote(value));
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                text[length++] = text[i];
                continue;
            }

            if (i + 2 >= text.Length || Convert.FromHexString(text.AsSpan(i + 1, 2), text.AsSpan(length, 1), out _, out _) != OperationStatus.Done) return null;
            length++;
            i += 2;
        }

        return text[..length];
    }

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] != '"' || value[^1] != '"') return value;

        var text = new StringBuilder(value.Length);
        for (var i = 1; i < value.Length - 1; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length - 1) i++;
            text.Append(value[i]);
        }

        return text.ToString();
    }
}
