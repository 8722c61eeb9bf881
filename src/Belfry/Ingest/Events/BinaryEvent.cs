using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Belfry.Contracts;
using Microsoft.Net.Http.Headers;

namespace Belfry.Ingest.Events;

/// <summary>
/// A CloudEvent in binary mode, whose attributes stand beside its data: it is put into the JSON form and judged as that, so both
/// have the same rules. The form is always there, whatever is wrong: a dead letter is kept in it.
/// </summary>
internal sealed class BinaryEvent
{
    private const int LongestShown = 50;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // Depth is for the payload's own check.
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = EventLimits.Body };

    private readonly List<(byte[] Name, byte[] Value)> _attributes = [];
    private readonly bool _isJson = true;
    private Problem? _problem;

    /// <param name="contentType">The data's; without one it is taken for JSON.</param>
    public BinaryEvent(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType)) return;

        _attributes.Add(([.. "datacontenttype"u8], Encoding.UTF8.GetBytes(contentType)));
        _isJson = IsJson(contentType);
        if (!_isJson) Refuse(Problems.NotSupported("the content type is not JSON in UTF-8: the payload is JSON, in the body."));
    }

    /// <summary>Whether an attribute shows that there is an event: each has these.</summary>
    public static bool IsMark(string attribute) => attribute is "specversion" or "id" or "source" or "type";

    /// <summary>What CloudEvents have as content type whose attributes stand in the data.</summary>
    public static bool IsStructured(string? contentType) => contentType?.StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase) == true;

    public void Add(string attribute, ReadOnlySpan<byte> value)
    {
        if (attribute is "data" or "data_base64" or "datacontenttype")
        {
            Refuse(Problems.InvalidField($"{attribute} is a header: the data is the body, and its type stands in the content type."));
            return;
        }

        if (!Utf8.IsValid(value)) Refuse(Problems.InvalidField($"{Show(attribute)} is not valid UTF-8."));
        else _attributes.Add((Encoding.UTF8.GetBytes(attribute), value.ToArray()));
    }

    /// <summary>The attribute's value could not be read.</summary>
    public void RefuseValue(string attribute, string fault) => Refuse(Problems.InvalidField($"{Show(attribute)} {fault}."));

    /// <summary>The JSON form with its data, when every attribute is there.</summary>
    public byte[] Finish(ReadOnlySpan<byte> data)
    {
        data = EventParser.WithoutMark(data);
        var isJson = _isJson;
        if (isJson && data.Length > 0 && FindFault(data) is { } fault)
        {
            Refuse(Problems.Malformed(fault));
            isJson = false;
        }

        var form = new ArrayBufferWriter<byte>(data.Length + 512);
        using var json = new Utf8JsonWriter(form, Options);
        json.WriteStartObject();
        foreach (var (name, value) in _attributes) json.WriteString(name, value);
        if (data.Length > 0 && isJson)
        {
            json.WritePropertyName("data"u8);
            json.WriteRawValue(data.Trim(" \t\r\n"u8), skipInputValidation: true);
        }
        else if (data.Length > 0)
        {
            json.WriteBase64String("data_base64"u8, data);
        }

        json.WriteEndObject();
        json.Flush();
        return form.WrittenSpan.ToArray();
    }

    /// <param name="form">What <see cref="Finish"/> has made.</param>
    public EventVerdict Judge(ReadOnlySpan<byte> form, in EventDefaults defaults) =>
        _problem is null ? EventParser.ReadRecord(form, EventFormat.CloudEvent, defaults) : EventVerdict.Refused(_problem);

    private void Refuse(Problem problem) => _problem ??= problem;

    /// <summary>The data must be one value by itself: a comma in it would be a way to say more than the headers do.</summary>
    private static string? FindFault(ReadOnlySpan<byte> data)
    {
        if (!Utf8.IsValid(data)) return "the data is not valid UTF-8.";
        try
        {
            var json = new Utf8JsonReader(data, ReaderOptions);
            json.Read();
            json.Skip();
            json.Read(); // Throws unless this is the end.
            return null;
        }
        catch (JsonException e)
        {
            return EventParser.Describe(e);
        }
    }

    private static bool IsJson(string contentType) =>
        CloudEvent.IsJson(contentType)
        && MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static string Show(string attribute) => attribute.Length <= LongestShown ? attribute : attribute[..LongestShown] + "…";
}
