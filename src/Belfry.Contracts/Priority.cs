using System.Text.Json.Serialization;

namespace Belfry.Contracts;

/// <summary>How urgent an event is. Within one stored batch HIGH stands before MEDIUM before LOW.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Priority>))]
public enum Priority
{
    /// <summary>Stored after everything else of its batch.</summary>
    [JsonStringEnumMemberName("LOW")]
    Low = 0,

    /// <summary>The default.</summary>
    [JsonStringEnumMemberName("MEDIUM")]
    Medium = 1,

    /// <summary>Stored before everything else of its batch.</summary>
    [JsonStringEnumMemberName("HIGH")]
    High = 2,
}
