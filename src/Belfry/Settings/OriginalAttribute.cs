namespace Belfry.Settings;

/// <summary>The value that the original system had for this setting, and why ours differs.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OriginalAttribute(string value, string reason) : Attribute
{
    public string Value { get; } = value;

    public string Reason { get; } = reason;
}
