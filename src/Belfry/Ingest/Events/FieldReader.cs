using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Ingest.Events;

/// <summary>Reads the members of one event as what they are to be. The first that is wrong is the event's problem; the rest then does not matter.</summary>
internal ref struct FieldReader
{
    private readonly EventMembers _members;

    public FieldReader(EventMembers members)
    {
        _members = members;
        if (members.Repeated is { } repeated) Refuse(Problems.InvalidField($"{repeated.NameOf()} stands in the event twice."));
    }

    public Problem? Problem { get; private set; }

    public readonly bool Has(Member member) => _members.Has(member);

    public void Refuse(Problem problem) => Problem ??= problem;

    /// <summary>A text of 1 to <paramref name="max"/> characters without control characters; null when it is absent.</summary>
    public string? Text(Member member, int max)
    {
        if (!Has(member)) return null;
        if (_members.KindOf(member) == JsonTokenType.String) return Text(member.NameOf(), _members[member], max);

        Refuse(Problems.InvalidField($"{member.NameOf()} is not a string."));
        return null;
    }

    public string? RequiredText(Member member, int max)
    {
        if (!Has(member)) Refuse(Problems.InvalidField($"{member.NameOf()} is missing."));
        return Text(member, max);
    }

    /// <summary>The case does not matter.</summary>
    public Priority Priority()
    {
        const Member member = Member.Priority;
        if (!Has(member)) return Contracts.Priority.Medium;

        var raw = _members[member];
        if (Ascii.EqualsIgnoreCase(raw, "\"HIGH\""u8)) return Contracts.Priority.High;
        if (Ascii.EqualsIgnoreCase(raw, "\"LOW\""u8)) return Contracts.Priority.Low;
        if (!Ascii.EqualsIgnoreCase(raw, "\"MEDIUM\""u8)) Refuse(Problems.InvalidField("priority is not HIGH, MEDIUM or LOW."));
        return Contracts.Priority.Medium;
    }

    public DateTime? Time(Member member)
    {
        if (!Has(member)) return null;

        var raw = _members[member];
        if (_members.KindOf(member) == JsonTokenType.String && Rfc3339.TryParse(raw[1..^1], out var time)) return time;
        Refuse(Problems.InvalidField($"{member.NameOf()} is not an RFC 3339 time in the years 1900 to 9999, such as 2026-11-22T10:00:00.123Z."));
        return null;
    }

    /// <summary>As the standard wants, one that cannot be read is as good as none.</summary>
    public readonly string? Traceparent()
    {
        const int length = 55;
        var raw = _members[Member.Traceparent];
        if (raw.Length != length + 2 || _members.KindOf(Member.Traceparent) != JsonTokenType.String) return null;

        var text = Encoding.UTF8.GetString(raw[1..^1]);
        return ActivityContext.TryParse(text, traceState: null, out _) ? text : null;
    }

    /// <summary>The users of <c>user_ids</c>; null when it is absent.</summary>
    public string[]? UserArray()
    {
        const Member member = Member.UserIds;
        if (!Has(member)) return null;
        if (_members.KindOf(member) != JsonTokenType.StartArray)
        {
            Refuse(Problems.InvalidField("user_ids is not an array."));
            return null;
        }

        var raw = _members[member];
        var json = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = EventLimits.Body });
        json.Read();
        var users = new List<string>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray && Problem is null)
        {
            if (json.TokenType != JsonTokenType.String) Refuse(Problems.InvalidField("user_ids has an entry that is not a string."));
            else if (users.Count == EventLimits.Users) Refuse(Problems.TooLarge($"user_ids has more than {EventLimits.Users} entries."));
            else if (Text("an entry of user_ids", raw[(int)json.TokenStartIndex..(int)json.BytesConsumed], EventLimits.Name) is { } user) users.Add(user);
        }

        return Distinct("user_ids", users);
    }

    /// <summary>The users of the CloudEvents extension <c>userids</c>, a string with commas between them; null when it is absent.</summary>
    public string[]? UserList()
    {
        const Member member = Member.UserIdsExtension;
        const int longest = EventLimits.Users * (EventLimits.Name + 1);
        if (Text(member, longest) is not { } list) return null;

        var users = list.Split(',', EventLimits.Users + 1, StringSplitOptions.TrimEntries);
        if (users.Length > EventLimits.Users) Refuse(Problems.TooLarge($"userids has more than {EventLimits.Users} entries."));
        if (users.Any(user => user.Length is 0 or > EventLimits.Name))
        {
            Refuse(Problems.InvalidField($"an entry of userids is not 1 to {EventLimits.Name} characters."));
        }

        return Distinct("userids", users);
    }

    /// <summary>The JSON of a payload, copied; <c>null</c> when it is absent.</summary>
    public byte[] Payload(Member member)
    {
        if (!Has(member)) return [.. "null"u8];

        var raw = _members[member];
        if (raw.Length > EventLimits.Payload)
        {
            Refuse(Problems.TooLarge($"{member.NameOf()} has {raw.Length} bytes, of at most {EventLimits.Payload}."));
        }
        else if (StorableJson.FindFault(raw, EventLimits.PayloadDepth) is { } fault)
        {
            Refuse(Problems.InvalidPayload($"{member.NameOf()} {fault}."));
        }

        return Problem is null ? raw.ToArray() : [];
    }

    private string? Text(string name, ReadOnlySpan<byte> quoted, int max)
    {
        var raw = quoted[1..^1];

        // In UTF-8 a character has at most 3 bytes a unit, escaped it has 6: what is longer need not be decoded to be too long.
        if (raw.Length <= max * 6 && StorableJson.HasValidEscapes(raw))
        {
            var text = Decode(quoted);
            if (TextRules.FindFault(text, max) is not { } fault) return text;
            Refuse(Problems.InvalidField($"{name} {fault}."));
        }
        else if (raw.Length > max * 6)
        {
            Refuse(Problems.InvalidField($"{name} {TextRules.LengthFault(max)}."));
        }
        else
        {
            Refuse(Problems.InvalidField($"{name} has \\u0000 or half of a surrogate pair."));
        }

        return null;
    }

    private string[]? Distinct(string name, IReadOnlyCollection<string> users)
    {
        if (Problem is not null) return null;
        if (users.Count == 0) Refuse(Problems.InvalidField($"{name} has no entries."));
        if (users.Distinct(StringComparer.Ordinal).Count() != users.Count) Refuse(Problems.InvalidField($"{name} has an entry twice."));
        return Problem is null ? [.. users] : null;
    }

    private static string Decode(ReadOnlySpan<byte> quoted)
    {
        if (!quoted.Contains((byte)'\\')) return Encoding.UTF8.GetString(quoted[1..^1]);
        var json = new Utf8JsonReader(quoted);
        json.Read();
        return json.GetString()!;
    }
}
