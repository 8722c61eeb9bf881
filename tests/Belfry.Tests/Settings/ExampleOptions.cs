using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Tests.Settings;

/// <summary>One setting of each form.</summary>
[SettingsSection("Belfry:Example")]
internal sealed class ExampleOptions : IValidatableObject
{
    [Description("A number.")]
    [Range(1, 100)]
    public int Workers { get; set; } = 10;

    [Description("A duration.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "7.00:00:00")]
    [Original("50ms", "measured")]
    public TimeSpan Pause { get; set; } = TimeSpan.FromSeconds(5);

    [Description("A switch.")]
    public bool Eager { get; set; }

    [Description("A choice.")]
    public DayOfWeek Day { get; set; } = DayOfWeek.Monday;

    [Description("A list.")]
    public IReadOnlyList<string> Topics { get; set; } = ["default-topic"];

    [Description("Free-form entries.")]
    public IReadOnlyDictionary<string, string> Properties { get; set; } = new Dictionary<string, string>();

    [Secret]
    [Description("A secret.")]
    public string? Password { get; set; }

    [Description("An optional number.")]
    public int? Limit { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Eager && Day == DayOfWeek.Sunday) yield return new ValidationResult("rests on Sunday", [nameof(Eager)]);
    }
}
