using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Belfry.Cluster;
using Belfry.Mailboxes;
using Belfry.Settings;
using Belfry.Streaming;
using Belfry.Work;
using Microsoft.Extensions.Options;

namespace Belfry.Dashboard;

/// <summary>What a page is told: first the last minutes, then every second what is new, and a goodbye when the server goes away.</summary>
internal sealed class StatsFeed
{
    // A browser asks again by itself, and whoever lets it in is asked too.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly Sampler _sampler;
    private readonly StoreWatch _watch;
    private readonly Readiness _readiness;
    private readonly Draining _draining;
    private readonly Members _members;
    private readonly TimeProvider _time;
    private readonly ServerFacts _server;

    public StatsFeed(
        Sampler sampler, StoreWatch watch, IStoreFacts facts, Readiness readiness, Draining draining, InstanceIdentity identity, Members members,
        IOptions<ConnectionStrings> connections, IOptions<StreamingOptions> streaming, IOptions<WorkOptions> work, TimeProvider time)
    {
        _sampler = sampler;
        _watch = watch;
        _readiness = readiness;
        _draining = draining;
        _members = members;
        _time = time;
        using var process = Process.GetCurrentProcess();
        _server = new ServerFacts(
            identity.Version, identity.Id, new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds(), facts.Product,
            !string.IsNullOrEmpty(connections.Value.Kafka), streaming.Value.Connections, work.Value.ChannelCapacity, work.Value.Pickers,
            work.Value.Workers, Environment.ProcessorCount);
    }

    /// <param name="signedIn">Whether the viewer came in with a key, and may want to go.</param>
    public async IAsyncEnumerable<SseItem<byte[]>> ReadAsync(bool signedIn, [EnumeratorCancellation] CancellationToken ct)
    {
        var (samples, next) = _sampler.History.ReadFrom(0);
        yield return Item("history", JsonSerializer.SerializeToUtf8Bytes(
            new HistoryMessage(_server, signedIn, _sampler.Names, [.. samples.Select(Row)], Look()), DashboardJson.Default.HistoryMessage));

        using var lifetime = new CancellationTokenSource(Lifetime, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, _draining.Started, lifetime.Token);
        while (await HasNextAsync(next, end.Token))
        {
            (samples, next) = _sampler.History.ReadFrom(next);
            foreach (var sample in samples)
            {
                yield return Item("sample", JsonSerializer.SerializeToUtf8Bytes(new SampleMessage(Row(sample), Look()), DashboardJson.Default.SampleMessage));
            }
        }

        if (_draining.Started.IsCancellationRequested) yield return Item("draining", "{}"u8.ToArray());
    }

    private async Task<bool> HasNextAsync(long next, CancellationToken end)
    {
        try
        {
            await _sampler.History.WaitForAsync(next, end);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Present Look()
    {
        var parts = _readiness.Parts
            .OrderBy(part => part.Key, StringComparer.Ordinal)
            .Select(part => new PartHealth(part.Key, part.Value.Ready, part.Value.Detail))
            .ToList();
        var health = _draining.Started.IsCancellationRequested ? "draining" : _readiness.IsReady ? "ready" : "away";
        return new Present(health, parts, [.. _members.All.Select(InstanceView.Of)], _sampler.Lags, _watch.Queue.Answer, _watch.Size.Answer, _watch.Status.Answer);
    }

    private static double[] Row(Measuring.Sample sample) => [sample.At, .. sample.Values];

    private static SseItem<byte[]> Item(string name, byte[] data) => new(data, name) { ReconnectionInterval = name == "history" ? Retry : null };
}
