using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;

namespace Belfry.Servers;

/// <summary>
/// librdkafka's mock cluster in a process of its own: the current protocol, with record headers, timestamps, idempotent
/// producers and both kinds of groups, and faults on order. It keeps 5 MiB a partition, in memory only, so a slow reader
/// loses messages there: for small volumes, never for a rate. Safe for use by several threads. Brokers are counted from 1.
/// </summary>
public sealed class KafkaMock : IAsyncDisposable
{
    /// <summary>In place of a broker's number: all of them.</summary>
    public const int AllBrokers = -1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly SemaphoreSlim _oneOrder = new(1);

    private KafkaMock(Process process, string bootstrapServers)
    {
        _process = process;
        BootstrapServers = bootstrapServers;
    }

    /// <summary>The addresses for clients.</summary>
    public string BootstrapServers { get; }

    /// <summary>Starts a cluster of so many brokers.</summary>
    public static async Task<KafkaMock> StartAsync(int brokers = 1, CancellationToken ct = default)
    {
        string[] command = [Built.Assembly("Belfry.KafkaMock", "Belfry.KafkaMock.dll"), brokers.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo("dotnet", command) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start) ?? throw new ServerFailedException("The Kafka mock did not start.");
        try
        {
            var first = await process.StandardOutput.ReadLineAsync(ct).AsTask().WaitAsync(Patience, TimeProvider.System, ct);
            return new KafkaMock(process, first ?? throw new ServerFailedException("The Kafka mock ended at its start."));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Makes a topic; one that is merely used is made with 4 partitions.</summary>
    public Task CreateTopicAsync(string name, int partitions, CancellationToken ct = default) => OrderAsync($"topic {name} {partitions}", ct);

    /// <summary>Cuts a broker's connections and takes no new ones; its partitions keep it as their leader.</summary>
    public Task SetBrokerDownAsync(int broker = AllBrokers, CancellationToken ct = default) => OrderAsync($"broker-down {broker}", ct);

    /// <summary>Lets a broker take connections again.</summary>
    public Task SetBrokerUpAsync(int broker = AllBrokers, CancellationToken ct = default) => OrderAsync($"broker-up {broker}", ct);

    /// <summary>Delays each answer of a broker.</summary>
    public Task SetRoundTripAsync(TimeSpan roundTrip, int broker = AllBrokers, CancellationToken ct = default) =>
        OrderAsync($"rtt {broker} {(int)roundTrip.TotalMilliseconds}", ct);

    /// <summary>Gives a partition to another broker, as after a failure of the first.</summary>
    public Task SetLeaderAsync(string topic, int partition, int broker, CancellationToken ct = default) =>
        OrderAsync($"leader {topic} {partition} {broker}", ct);

    /// <summary>Gives a consumer group to another broker.</summary>
    public Task SetCoordinatorAsync(string group, int broker, CancellationToken ct = default) => OrderAsync($"coordinator {group} {broker}", ct);

    /// <summary>Lets the next requests of a kind fail, one for each code; <see cref="ErrorCode.Local_Transport"/> cuts the connection instead.</summary>
    public Task PushErrorsAsync(KafkaApi api, IEnumerable<ErrorCode> codes, CancellationToken ct = default) =>
        OrderAsync($"push-error {(int)api} {string.Join(' ', codes.Select(code => (int)code))}", ct);

    /// <summary>Delays a broker's answer to the next request of a kind.</summary>
    public Task PushRoundTripAsync(KafkaApi api, TimeSpan roundTrip, int broker = 1, CancellationToken ct = default) =>
        OrderAsync($"push-rtt {broker} {(int)api} {(int)roundTrip.TotalMilliseconds}", ct);

    /// <summary>Takes back the errors that no request has met yet.</summary>
    public Task ClearErrorsAsync(KafkaApi api, CancellationToken ct = default) => OrderAsync($"clear-errors {(int)api}", ct);

    /// <summary>Lets the metadata of a topic carry an error, until <see cref="ErrorCode.NoError"/>.</summary>
    public Task SetTopicErrorAsync(string topic, ErrorCode code, CancellationToken ct = default) => OrderAsync($"topic-error {topic} {(int)code}", ct);

    /// <summary>How often members of a group of the new protocol (<c>group.protocol=consumer</c>) report, and so how soon they learn of a rebalance.</summary>
    public Task SetGroupHeartbeatAsync(TimeSpan interval, CancellationToken ct = default) =>
        OrderAsync($"group-heartbeat {(int)interval.TotalMilliseconds}", ct);

    public async ValueTask DisposeAsync()
    {
        // The end of its input ends it.
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }
        _process.Dispose();
        _oneOrder.Dispose();
    }

    private async Task OrderAsync(string order, CancellationToken ct)
    {
        await _oneOrder.WaitAsync(ct);
        try
        {
            await _process.StandardInput.WriteLineAsync(order.AsMemory(), ct);
            await _process.StandardInput.FlushAsync(ct);
            // Not by the caller's token: the answer must be read, or the next order would take it for its own.
            var answer = await _process.StandardOutput.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(Patience, TimeProvider.System, CancellationToken.None);
            if (answer != "ok") throw new ServerFailedException($"The Kafka mock answered {answer ?? "nothing"} to `{order}`.");
        }
        finally
        {
            _oneOrder.Release();
        }
    }
}
