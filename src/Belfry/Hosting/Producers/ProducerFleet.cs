namespace Belfry.Hosting.Producers;

/// <summary>The three example services together.</summary>
internal sealed class ProducerFleet(double rate, UserRange users, IEventSink sink, TimeProvider time)
{
    public ProducerStats Stats { get; } = new();

    /// <summary>Produces until <paramref name="stop"/>, then waits for answers for up to <paramref name="patience"/>.</summary>
    /// <exception cref="SinkRefusedException">The other side does not let us publish.</exception>
    public async Task RunAsync(TimeSpan patience, CancellationToken stop)
    {
        using var abandon = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var stopped = stop.Register(() => abandon.CancelAfter(patience));
        await Task.WhenAll(EventScript.All.Select(script =>
            new Producer(script, rate * script.Share, users, sink, Stats, time).RunAsync(stop, abandon.Token)));
    }
}
