namespace Belfry.Settings;

/// <summary>Marks a setting that is never shown, and that may come from a file: its key with <c>_FILE</c> names the file.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;
