using System.Text;
using Belfry.Ingest.Http;
using Confluent.Kafka;
using CsCheck;

namespace Belfry.Tests.Security;

/// <summary>An event in binary mode as it was sent: headers, and data that has nothing to do with them.</summary>
internal sealed record SentHeaders(string? ContentType, (string Name, string Value)[] Attributes, byte[] Data)
{
    /// <summary>Whose it may be by what stands in the headers; the key of a record is one of them.</summary>
    public IEnumerable<string> Users =>
    [
        "key",
        .. from attribute in Attributes
           where attribute.Name.ToLowerInvariant() is "subject" or "userids"
           from text in (byte[]?[])[Encoding.UTF8.GetBytes(attribute.Value), BinaryRequest.Decode(attribute.Value)]
           where text is not null
           from user in (string[])[Encoding.UTF8.GetString(text), .. Encoding.UTF8.GetString(text).Split(',', StringSplitOptions.TrimEntries)]
           select user,
    ];

    public HttpRequest ToRequest()
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = ContentType;
        foreach (var (name, value) in Attributes) request.Headers.Append($"ce-{name}", value);
        return request;
    }

    public Headers ToHeaders()
    {
        var headers = new Headers();
        if (ContentType is not null) headers.Add("content-type", Encoding.UTF8.GetBytes(ContentType));
        foreach (var (name, value) in Attributes) headers.Add($"ce_{name}", Encoding.UTF8.GetBytes(value));
        return headers;
    }

    public override string ToString() => $"{ContentType}\n{string.Join('\n', Attributes.Select(a => $"{a.Name}: {a.Value}"))}\n{FuzzedEvents.Print(Data)}";
}

/// <summary>Events in headers that were right once, with some of their headers and their data changed.</summary>
internal static class HeaderEvents
{
    private static readonly (string Name, string Value)[] Right =
    [
        ("specversion", "1.0"), ("id", "c-1"), ("source", "/jobs"), ("type", "job.posted"), ("subject", "user-3"), ("time", "2026-11-22T10:00:00Z"), ("tenant", "x"),
    ];

    private static readonly string[] Names =
    [
        .. Right.Select(a => a.Name), "SUBJECT", "userids", "topic", "deliverat", "expiresat", "collapsekey", "priority", "traceparent", "data", "data_base64", "datacontenttype",
        "", "a\"b", "a\\", "é", "\ud800", "__proto__", new string('n', 5000),
    ];

    private static readonly string[] Values =
    [
        "", " ", "1.0", "user-1", "user-1,user-2", "a,,b", "%", "%zz", "%00", "%C0%A0", "%ED%A0%80", "\"", "\"a", "\"\\\"", "\"a\\", "\\u0000", "\0", "\u0001", "\u0085", "\ud800", "😀", "\r\nce-id: 2",
        "2026-11-22T10:00:00Z", "9999-12-31T23:59:59.999999999-23:59", "\",\"subject\":\"somebody-else\"", new string('x', 255), new string('y', 256), new string('%', 9000), new string('z', 20_000),
    ];

    private static readonly string?[] Types =
    [
        null, "", "application/json", "application/json", "application/json; charset=utf-8", "application/json; charset=\"", "application/vnd.x+json", "text/plain", "application/cloudevents", "a/b/c", "\0", ";;",
    ];

    private static readonly string[] Texts = ["", "null", "{\"a\":1}", "{\"a\":1},\"subject\":\"somebody-else\"", "1}", "{\"subject\":\"somebody-else\"}", " [1 , 2] ", "\uFEFF0", "\"\\ud800\"", "{"];

    private static readonly Gen<Func<(string Name, string Value)[], (string Name, string Value)[]>> Edit = Gen.Select(
        Gen.Int[0, 3], Gen.Double.Unit, Gen.OneOf<string>(Names), Gen.OneOf<string>(Values),
        (kind, at, name, value) => (Func<(string Name, string Value)[], (string Name, string Value)[]>)(all => Change(all, kind, at, name, value)));

    public static readonly Gen<SentHeaders> Events = Gen.Select(
        Gen.OneOf<string?>(Types),
        Edit.Array[0, 3],
        Gen.Frequency((3, Gen.OneOf<string>(Texts).Select(Encoding.UTF8.GetBytes)), (1, FuzzedEvents.Bodies)),
        (type, edits, data) => new SentHeaders(type, edits.Aggregate(Right, (all, edit) => edit(all)), data));

    private static (string Name, string Value)[] Change((string Name, string Value)[] all, int kind, double at, string name, string value)
    {
        if (all.Length == 0) return [(name, value)];
        var place = (int)(at * all.Length);
        return kind switch
        {
            0 => [.. all[..place], .. all[(place + 1)..]],
            1 => [.. all, (name, value)],
            2 => [.. all[..place], (all[place].Name, value), .. all[(place + 1)..]],
            _ => [.. all[..place], (name, all[place].Value), .. all[(place + 1)..]],
        };
    }
}
