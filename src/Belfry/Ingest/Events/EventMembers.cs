using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Belfry.Ingest.Events;

/// <summary>The members of one event as they stand in the input: found in one pass, looked at when needed, nothing copied.</summary>
internal ref struct EventMembers
{
    private readonly ReadOnlySpan<byte> _input;
    private Slots _slots;

    private EventMembers(ReadOnlySpan<byte> input) => _input = input;

    /// <summary>A member that stands there twice: nobody could say which of them is meant.</summary>
    public Member? Repeated { get; private set; }

    /// <summary>Reads the object that the reader stands on the start of, to its end.</summary>
    /// <param name="input">What the reader reads.</param>
    public static EventMembers Read(ref Utf8JsonReader json, ReadOnlySpan<byte> input)
    {
        var members = new EventMembers(input);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var member = Members.Find(ref json);
            json.Read();
            var start = (int)json.TokenStartIndex;
            var kind = json.TokenType;
            json.Skip();
            if (member is { } known) members.Put(known, new Slot(start, (int)json.BytesConsumed, kind));
        }

        return members;
    }

    /// <summary>Whether the member is there and not null, which means absent.</summary>
    public readonly bool Has(Member member) => KindOf(member) is not (JsonTokenType.None or JsonTokenType.Null);

    /// <summary>The first token of the member's value; None when it is absent.</summary>
    public readonly JsonTokenType KindOf(Member member) => _slots[(int)member].Kind;

    /// <summary>The member's value as it stands in the input, a string with its quotes.</summary>
    public readonly ReadOnlySpan<byte> this[Member member]
    {
        get
        {
            var slot = _slots[(int)member];
            return _input[slot.Start..slot.End];
        }
    }

    private void Put(Member member, Slot slot)
    {
        if (KindOf(member) != JsonTokenType.None) Repeated ??= member;
        _slots[(int)member] = slot;
    }

    private readonly record struct Slot(int Start, int End, JsonTokenType Kind);

    [InlineArray(Members.Count)]
    private struct Slots
    {
        private Slot _first;
    }
}
