namespace Belfry.Settings;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Key">The setting, with colons between its parts.</param>
/// <param name="Message">What is wrong, to be read after the key.</param>
internal readonly record struct SettingError(string Key, string Message)
{
    /// <summary>The key as an environment variable writes it, which a settings file can be told from too.</summary>
    public static string EnvironmentName(string key) => key.Replace(":", "__", StringComparison.Ordinal);

    public override string ToString() => $"{EnvironmentName(Key)}: {Message}";
}
