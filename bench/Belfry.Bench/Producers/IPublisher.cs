namespace Belfry.Bench.Producers;

/// <summary>A way in: publishes loads and writes into the ledger what was acknowledged. One load at a time.</summary>
internal interface IPublisher : IAsyncDisposable
{
    /// <summary>Ends when every event of the load has been answered, or given up; <paramref name="stop"/> ends the publishing early, not the waiting for answers.</summary>
    Task PublishAsync(Load load, CancellationToken stop);
}
