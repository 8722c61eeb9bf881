using Belfry.Servers;
using Belfry.SystemTests;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedKafka))]

namespace Belfry.SystemTests;

/// <summary>
/// One Kafka broker for all tests, started when the first one asks. Each test makes topics and groups of its own in it; who
/// wants to stop or kill the broker starts one of his own.
/// </summary>
public sealed class SharedKafka : IAsyncDisposable
{
    private readonly Lazy<Task<KafkaBroker>> _broker = new(() => KafkaBroker.StartAsync());
    private int _topics;

    /// <summary>The running broker; skips the test where Kafka is not installed, fails it in CI.</summary>
    public Task<KafkaBroker> BrokerAsync() => Parts.RequireOrSkipAsync(() => _broker.Value);

    /// <summary>Makes a topic that nobody else uses, and returns its name.</summary>
    public async Task<string> CreateTopicAsync(CancellationToken ct, int partitions = KafkaBroker.DefaultPartitions)
    {
        var broker = await BrokerAsync();
        var name = $"test-{Interlocked.Increment(ref _topics)}";
        await broker.CreateTopicAsync(name, partitions, ct);
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _broker.Value).DisposeAsync();
    }
}
