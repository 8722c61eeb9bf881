using System.Text.Json;
using System.Text.Json.Serialization;

namespace Belfry.Mailboxes.Preferences;

/// <summary>Event types that a user does not want to be told of: whole names, and beginnings with a <c>*</c> behind them.</summary>
internal sealed class MutedTypes
{
    private readonly IReadOnlyList<string> _types;

    private MutedTypes(IReadOnlyList<string> types)
    {
        _types = types;
        Names = [.. types.Where(t => !t.EndsWith('*'))];
        Prefixes = [.. types.Where(t => t.EndsWith('*')).Select(t => t[..^1])];
    }

    public string[] Names { get; }

    public string[] Prefixes { get; }

    public bool IsEmpty => _types.Count == 0;

    public static MutedTypes Of(IReadOnlyList<string> types) => new(types);

    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    public static MutedTypes Read(string json) => new(JsonSerializer.Deserialize(json, MutedTypesJson.Default.IReadOnlyListString)!);

    public bool Has(string eventType) =>
        Names.Contains(eventType, StringComparer.Ordinal) || Prefixes.Any(prefix => eventType.StartsWith(prefix, StringComparison.Ordinal));

    public override string ToString() => JsonSerializer.Serialize(_types, MutedTypesJson.Default.IReadOnlyListString);
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class MutedTypesJson : JsonSerializerContext;
