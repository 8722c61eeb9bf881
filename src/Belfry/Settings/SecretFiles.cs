namespace Belfry.Settings;

/// <summary>
/// Reads secrets from files: a key that ends in <c>_FILE</c> names the file whose content, without the newline at its end, is the
/// value of the key without that ending. A layer above all others, because the files' names come from those.
/// </summary>
internal sealed class SecretFiles(IConfigurationRoot below) : ConfigurationProvider, IConfigurationSource
{
    private const string Suffix = "_FILE";

    private readonly List<SettingError> _errors = [];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public static bool IsFileKey(string key) =>
        key.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase)
        && (key.StartsWith("Belfry:", StringComparison.OrdinalIgnoreCase) || key.StartsWith("ConnectionStrings:", StringComparison.OrdinalIgnoreCase));

    public static IEnumerable<SettingError> Check(IConfigurationRoot configuration) =>
        configuration.Providers.OfType<SecretFiles>().SelectMany(files => files._errors);

    public override void Load()
    {
        foreach (var (key, path) in below.AsEnumerable().Where(pair => IsFileKey(pair.Key)))
        {
            if (path is not null) Load(key, path);
        }
    }

    private void Load(string key, string path)
    {
        var target = key[..^Suffix.Length];
        if (below[target] is not null)
        {
            _errors.Add(new SettingError(key, $"{SettingError.EnvironmentName(target)} is set too; set one of them"));
            return;
        }

        try
        {
            Data[target] = File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.Add(new SettingError(key, $"'{path}' cannot be read: {e.Message}"));
        }
    }
}
