using System.Reflection;

namespace Belfry.Hosting;

/// <summary>Which build this is.</summary>
internal static class BuildInfo
{
    public static string Version { get; } =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
