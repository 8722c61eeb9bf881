using System.Diagnostics.Metrics;
using Belfry.Dashboard;
using Belfry.Ingest;
using Belfry.Ingest.Kafka;
using Belfry.Streaming;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Dashboard;

/// <summary>The numbers, from the features' own metrics, second by second.</summary>
public sealed class SamplerTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly Sampler _sampler;

    public SamplerTests() => _sampler = new Sampler(Meters, _time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _sampler.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void What_comes_in_is_told_by_its_way_and_as_a_rate()
    {
        var ingest = new IngestMetrics(Meters);
        ingest.Accepted(IngestMetrics.Http, 30);
        ingest.Accepted(IngestMetrics.Kafka, 10);
        ingest.Accepted(IngestMetrics.Http, 10);

        var first = Take(TimeSpan.FromSeconds(2));
        var second = Take(TimeSpan.FromSeconds(1));

        Assert.Equal((20.0, 5.0, 0.0), (first("in_http"), first("in_kafka"), first("in_outbox")));
        Assert.Equal((0.0, 0.0, 0.0), (second("in_http"), second("in_kafka"), second("in_outbox")));
    }

    [Fact]
    public void Latency_is_of_the_last_second_only_and_unknown_when_nothing_was_measured()
    {
        var streams = new StreamMetrics(Meters);
        for (var n = 1; n <= 100; n++) streams.HandedOver(TimeSpan.FromMilliseconds(n));

        var first = Take(TimeSpan.FromSeconds(1));
        var second = Take(TimeSpan.FromSeconds(1));

        Assert.InRange(first("latency_p50"), 48, 52);
        Assert.InRange(first("latency_p95"), 92, 98);
        Assert.InRange(first("latency_p99"), 96, 102);
        Assert.True(double.IsNaN(second("latency_p50")));
    }

    [Fact]
    public void Lag_is_told_by_partition_and_in_total_and_is_unknown_without_Kafka()
    {
        Assert.True(double.IsNaN(Take(TimeSpan.FromSeconds(1))("kafka_lag")));
        new KafkaMetrics(Meters).Watch(() => [new("events", 0, 5, false), new("events", 1, 7, true), new("events", 2, null, false)]);

        var row = Take(TimeSpan.FromSeconds(1));

        Assert.Equal(12, row("kafka_lag"));
        Assert.Equal(1, row("kafka_paused"));
        Assert.Equal([(0, 5L), (1, 7L)], _sampler.Lags.Select(l => (l.Partition, l.Lag)));
    }

    [Fact]
    public void Another_server_in_the_same_process_is_not_listened_to()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        new IngestMetrics(other.GetRequiredService<IMeterFactory>()).Accepted(IngestMetrics.Http, 30);

        Assert.Equal(0, Take(TimeSpan.FromSeconds(1))("in_http"));
    }

    [Fact]
    public void A_gauge_that_fails_has_no_value_and_takes_nothing_else_with_it()
    {
        new KafkaMetrics(Meters).Watch(() => throw new InvalidOperationException("ending"));
        new IngestMetrics(Meters).Accepted(IngestMetrics.Http, 3);

        var row = Take(TimeSpan.FromSeconds(1));

        Assert.Equal(3, row("in_http"));
        Assert.True(double.IsNaN(row("kafka_lag")));
    }

    [Theory]
    [InlineData(10, 50, false)]
    [InlineData(48, 50, true)]
    [InlineData(50, 50, true)]
    [InlineData(double.NaN, double.NaN, false)]
    public void It_knows_when_the_pool_is_nearly_full(double used, double max, bool full) => Assert.Equal(full, Sampler.IsNearlyFull(used, max));

    [Fact]
    public async Task It_samples_every_second_whether_anybody_watches_or_not_and_keeps_ten_minutes()
    {
        await _sampler.StartAsync(Cancelled);
        await _sampler.Started.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
        for (var n = 0; n < 5; n++)
        {
            var next = _sampler.History.ReadFrom(0).Next;
            _time.Advance(TimeSpan.FromSeconds(1));
            await _sampler.History.WaitForAsync(next, Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
        }

        await _sampler.StopAsync(Cancelled);
        for (var n = 0; n < 700; n++) _sampler.Take();

        Assert.Equal(600, _sampler.History.ReadFrom(0).Samples.Count);
    }

    /// <summary>A row of the time since the one before, by name.</summary>
    private Func<string, double> Take(TimeSpan since)
    {
        _time.Advance(since);
        var sample = _sampler.Take();
        return name => sample.Values[_sampler.Names.Index().Single(n => n.Item == name).Index];
    }
}
