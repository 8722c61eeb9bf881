using System.Text;
using CsCheck;

namespace Belfry.Tests.Security;

/// <summary>Bodies and records that were right once: bytes and members are changed, until mostly nothing but sometimes nearly everything is.</summary>
internal static class FuzzedEvents
{
    private const string Flat = """{"user_id":"user-1","event_type":"job.posted","id":"a-1","payload":{"title":"Hello","n":[1,2.5e3,null]}}""";
    private const string Whole = """{"user_ids":["user-1","user-2"],"event_type":"t","source":"s","id":"a-2","priority":"high","event_timestamp":"2026-11-22T10:00:00.123Z","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","payload":"text \ud83d\ude00"}""";
    private const string Later = """{"topic":"news","event_type":"t","deliver_at":"2026-01-01T00:00:00Z","payload":[[[]]],"other":{"a":[{}]}}""";
    private const string Cloud = """{"specversion":"1.0","id":"c-1","source":"/jobs","type":"job.posted","subject":"user-3","time":"2026-11-22T10:00:00Z","datacontenttype":"application/json","data":{"a":1},"priority":"LOW","tenant":"x","shard":7}""";

    private static readonly string[] Whites = ["", " ", "\r\n", "\uFEFF"];

    private static readonly byte[][] Right =
    [
        .. new[] { Flat, Whole, Later, Cloud, $"[{Flat},{Cloud}]", $"[ {Whole} ,\n{Flat},{Later} ]", $"[{Cloud}]", "[{},null,7]" }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>What stands in a member's place.</summary>
    private static readonly byte[][] Values =
    [
        .. new[]
        {
            "null", "true", "0", "-0", "1e400000", "1E-400000", "1e131071", "-1.5e+3", "9223372036854775808", new string('9', 400), "01", "NaN",
            "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"a\u0001\"", "\"a\\u0085\"", "\"a\\nb\"", "\"\u2028\u202e\"", "\"\\x\"", "\"../../etc/passwd\"", "\"1.0\"",
            "\"text/plain; q=\"", "\"2026-13-45T99:99:99Z\"", "\"9999-12-31T23:59:59.999999999-23:59\"", "\"0001-01-01T00:00:00Z\"", "\"user-1,user-2,,\"",
            $"\"{new string('x', 255)}\"", $"\"{new string('y', 256)}\"", $"\"{new string('\u00e9', 33_000)}\"", $"\"{string.Concat(Enumerable.Repeat("\\ud83d\\ude00", 128))}\"",
            "[]", "{}", "[[],{}]", "[\"user-1\",\"user-1\"]", "[1]", "{\"a\":1,\"a\":2}", "{\"\\u0061\":\"\\/\"}", $"{new string('[', 64)}{new string(']', 64)}", $"{new string('[', 65)}{new string(']', 65)}",
            $"{new string('[', 5000)}{new string(']', 5000)}", string.Concat(Enumerable.Repeat("{\"a\":", 2000)) + "1" + new string('}', 2000), new string('[', 3000),
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'"', 0xC3, 0x28, (byte)'"'], [(byte)'"', 0xED, 0xA0, 0x80, (byte)'"'], [0xFF], [0xEF, 0xBB, 0xBF], [(byte)'"', 0, (byte)'"'],
    ];

    private static readonly byte[][] Names =
    [
        .. new[]
        {
            "id", "source", "priority", "traceparent", "topic", "notification_id", "user_id", "user_ids", "event_type", "event_timestamp", "payload", "deliver_at", "expires_at",
            "collapse_key", "specversion", "type", "subject", "time", "datacontenttype", "data", "data_base64", "userids", "deliverat", "expiresat", "__proto__", "",
            "\\u0075ser_id", "\\ud800", "pay\\u006coad", "\u00e9", "USER_ID", new string('n', 5000),
        }.Select(name => Encoding.UTF8.GetBytes($"\"{name}\"")),
    ];

    private static readonly Gen<Func<byte[], byte[]>> Edit = Gen.Frequency(
        (3, Gen.Select(Gen.Double.Unit, Gen.Int[0, 7], (at, bit) => (Func<byte[], byte[]>)(text => Flip(text, at, bit)))),
        (1, Gen.Double.Unit.Select(at => (Func<byte[], byte[]>)(text => text[..Place(text, at)]))),
        (2, Gen.Select(Gen.Double.Unit, Gen.Double.Unit, Gen.Bool, (a, b, twice) => (Func<byte[], byte[]>)(text => Cut(text, a, b, twice)))),
        (2, Gen.Select(Gen.Double.Unit, Gen.OneOf<byte[]>(Values), (at, value) => (Func<byte[], byte[]>)(text => Insert(text, at, value)))),
        (8, Gen.Select(Gen.Double.Unit, Gen.OneOf<byte[]>(Values), (at, value) => (Func<byte[], byte[]>)(text => Change(text, at, (_, member) => member with { Value = value })))),
        (3, Gen.Select(Gen.Double.Unit, Gen.OneOf<byte[]>(Names), (at, name) => (Func<byte[], byte[]>)(text => Change(text, at, (_, member) => member with { Name = name })))),
        (2, Gen.Double.Unit.Select(at => (Func<byte[], byte[]>)(text => Change(text, at, (all, member) => member with { Value = [.. member.Value, .. ","u8, .. all] })))));

    public static readonly Gen<byte[]> Bodies =
        Gen.Select(Gen.OneOf<byte[]>(Right), Edit.Array[0, 4], Gen.OneOf<string>(Whites), static (text, edits, white) =>
            edits.Aggregate((byte[])[.. Encoding.UTF8.GetBytes(white), .. text], static (changed, edit) => edit(changed)));

    public static string Print(byte[] body) => $"{Encoding.Latin1.GetString(body.AsSpan(0, Math.Min(body.Length, 2000)))}\n{Convert.ToBase64String(body.AsSpan(0, Math.Min(body.Length, 20_000)))}";

    private static int Place(byte[] text, double at) => (int)(at * text.Length);

    private static byte[] Flip(byte[] text, double at, int bit)
    {
        if (text.Length == 0) return text;
        var flipped = (byte[])text.Clone();
        flipped[Place(text, at)] ^= (byte)(1 << bit);
        return flipped;
    }

    private static byte[] Cut(byte[] text, double a, double b, bool twice)
    {
        var (from, to) = (Place(text, Math.Min(a, b)), Place(text, Math.Max(a, b)));
        return twice ? [.. text[..to], .. text[from..to], .. text[to..]] : [.. text[..from], .. text[to..]];
    }

    private static byte[] Insert(byte[] text, double at, byte[] value)
    {
        var place = Place(text, at);
        return [.. text[..place], .. value, .. text[place..]];
    }

    private static byte[] Change(byte[] text, double at, Func<byte[], JsonMember, JsonMember> change)
    {
        var members = JsonMember.Find(text);
        if (members.Count == 0) return text;
        var (from, to, member) = members[(int)(at * members.Count)];
        var changed = change(text[from..to], member);
        return [.. text[..from], .. changed.Name, .. ":"u8, .. changed.Value, .. text[to..]];
    }
}
