namespace Belfry.Servers;

/// <summary>What a program of ours must not inherit: a developer's settings would bend what is tested.</summary>
internal static class OwnEnvironment
{
    private static readonly string[] Prefixes = ["Belfry__", "ConnectionStrings__", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "URLS"];

    /// <summary>The given variables, and a null (remove) for each setting that this process happens to have.</summary>
    public static Dictionary<string, string?> ReplacedBy(IReadOnlyDictionary<string, string> settings)
    {
        var environment = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in settings) environment[name] = value;
        return environment;
    }
}
