namespace Belfry.Cluster;

/// <summary>What one instance does for all. Each is safe when two do it: a duty only saves that.</summary>
internal static class Duties
{
    /// <summary>Reads the outbox.</summary>
    public const string Outbox = "outbox";

    /// <summary>Keeps the log's index of times summed up.</summary>
    public const string Log = "log";

    public static readonly string[] All = [Log, Outbox];
}
