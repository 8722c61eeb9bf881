namespace Belfry.Settings;

/// <summary>
/// Says that this process is going away: from the first moment of a shutdown on, while everything still works. Whoever holds
/// something open (a stream, a consumer) ends it on this signal; the listeners wait for that within the grace time.
/// </summary>
internal sealed class Draining
{
    public Draining(IHostApplicationLifetime lifetime, Readiness readiness)
    {
        Started = lifetime.ApplicationStopping;
        readiness.Report("draining", true, null);
        Started.Register(() => readiness.Report("draining", false, "shutting down"));
    }

    /// <summary>Cancelled when the shutdown begins.</summary>
    public CancellationToken Started { get; }
}
