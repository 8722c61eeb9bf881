namespace Belfry.Hosting;

/// <summary>What a start of the server is given from outside. Tests give their own environment; a process has its own.</summary>
internal sealed record HostArguments
{
    /// <summary>Values from flags, by setting key; they win over everything else.</summary>
    public IReadOnlyDictionary<string, string?> Flags { get; init; } = new Dictionary<string, string?>();

    /// <summary>Environment variables; null: those of the process.</summary>
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    /// <summary>Where an <c>appsettings.json</c> is looked for.</summary>
    public string WorkingFolder { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>Make throw-away keys for what has none.</summary>
    public bool Dev { get; init; }
}
