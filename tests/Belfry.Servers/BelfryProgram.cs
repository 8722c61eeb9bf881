namespace Belfry.Servers;

/// <summary>A service of this repository that can be started as a process.</summary>
/// <param name="Project">The folder of its build below artifacts/bin.</param>
/// <param name="Assembly">The file in it.</param>
/// <param name="Arguments">What precedes <c>--urls</c> and <c>--admin-urls</c>.</param>
public sealed record BelfryProgram(string Project, string Assembly, IReadOnlyList<string> Arguments)
{
    /// <summary><c>belfry serve</c>.</summary>
    public static BelfryProgram Service { get; } = new("Belfry", "belfry.dll", ["serve"]);

    /// <summary><c>belfry serve</c> as of the release before.</summary>
    public static BelfryProgram PreviousService { get; } = Service with { IsPrevious = true };

    /// <summary>The system that Belfry replaces, for comparisons.</summary>
    public static BelfryProgram Original { get; } = new("Belfry.Original", "Belfry.Original.dll", []);

    private bool IsPrevious { get; init; }

    /// <summary>Its whole path, once it is built.</summary>
    internal string Path => IsPrevious ? Built.PreviousAssembly(Project, Assembly) : Built.Assembly(Project, Assembly);
}
