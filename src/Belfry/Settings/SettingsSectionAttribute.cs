namespace Belfry.Settings;

/// <summary>The place in the configuration from which an options class is read.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SettingsSectionAttribute(string path) : Attribute
{
    /// <summary>For example <c>Belfry:Streaming</c>.</summary>
    public string Path { get; } = path;
}
