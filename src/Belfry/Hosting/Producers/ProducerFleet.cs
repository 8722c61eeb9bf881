namespace Belfry.Hosting.Producers;

/// <summary>The three example services together.</summary>
/// <param name="rate">Notifications a second: an event to a topic counts as many times as the topic has members.</param>
/// <param name="topics">Where the followers service publishes to; null: to users like the others.</param>
internal sealed class ProducerFleet(double rate, UserRange users, FollowerTopics? topics, IEventSink sink, TimeProvider time)
{
    public ProducerStats Stats { get; } = new();

    /// <summary>Produces until <paramref name="stop"/>, then waits for answers for up to <paramref name="patience"/>.</summary>
    /// <exception cref="SinkRefusedException">The other side does not let us publish.</exception>
    public async Task RunAsync(TimeSpan patience, CancellationToken stop)
    {
        using var abandon = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var stopped = stop.Register(() => abandon.CancelAfter(patience));
        await Task.WhenAll(EventScript.All.Select(script => ProducerOf(script).RunAsync(stop, abandon.Token)));
    }

    private Producer ProducerOf(EventScript script)
    {
        var target = script.ToTopics ? topics : null;
        var each = target is null ? 1 : FollowerTopics.Members;
        return new Producer(script, rate * script.Share / each, users, target, sink, Stats, time);
    }
}
