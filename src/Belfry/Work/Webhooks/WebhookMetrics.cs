using System.Diagnostics.Metrics;

namespace Belfry.Work.Webhooks;

/// <summary>What the webhooks tell about themselves. Endpoints are settings, so their names are few.</summary>
internal sealed class WebhookMetrics
{
    private readonly Counter<long> _found;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _skipped;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _pauses;
    private readonly Histogram<double> _duration;
    private readonly Meter _meter;

    public WebhookMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Belfry");
        _found = _meter.CreateCounter<long>("belfry.webhooks.found", "{message}", "Notifications that were not delivered in time and became messages");
        _sent = _meter.CreateCounter<long>("belfry.webhooks.sent", "{message}", "Messages that the endpoint has taken");
        _skipped = _meter.CreateCounter<long>("belfry.webhooks.skipped", "{message}", "Messages that did not have to be sent any more, by reason");
        _failed = _meter.CreateCounter<long>("belfry.webhooks.failed", "{attempt}", "Attempts that the endpoint did not take, by status");
        _pauses = _meter.CreateCounter<long>("belfry.webhooks.pauses", "{pause}", "Pauses after failures");
        _duration = _meter.CreateHistogram("belfry.webhooks.duration", "s", "One attempt, from the connection to the answer", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
        });
    }

    /// <summary>What is asked for when somebody looks.</summary>
    public void Observe(IReadOnlyCollection<EndpointQueue> queues)
    {
        _meter.CreateObservableGauge(
            "belfry.webhooks.paused", () => queues.Select(q => new Measurement<int>(q.Pause.IsPaused ? 1 : 0, Of(q.Endpoint))), "{endpoint}", "1 while an endpoint is paused");
        _meter.CreateObservableGauge(
            "belfry.webhooks.waiting", () => queues.Select(q => new Measurement<int>(q.LastScan.Waiting, Of(q.Endpoint))), "{message}", "Messages that wait, up to the bound, at the last look");
        _meter.CreateObservableGauge(
            "belfry.webhooks.behind", () => queues.Select(q => new Measurement<double>(q.LastScan.Behind.TotalSeconds, Of(q.Endpoint))), "s", "How much of the log is due and was not looked at, at the last look");
    }

    public void Found(WebhookEndpoint endpoint, int messages) => _found.Add(messages, Of(endpoint));

    public void Sent(WebhookEndpoint endpoint, TimeSpan duration)
    {
        _sent.Add(1, Of(endpoint));
        _duration.Record(duration.TotalSeconds, Of(endpoint));
    }

    public void Skipped(WebhookEndpoint endpoint, string reason) => _skipped.Add(1, Of(endpoint), KeyValuePair.Create<string, object?>("reason", reason));

    public void Failed(WebhookEndpoint endpoint, TimeSpan duration, int? status)
    {
        _failed.Add(1, Of(endpoint), KeyValuePair.Create<string, object?>("status", status is null ? "none" : $"{status / 100}xx"));
        _duration.Record(duration.TotalSeconds, Of(endpoint));
    }

    public void Paused(WebhookEndpoint endpoint) => _pauses.Add(1, Of(endpoint));

    private static KeyValuePair<string, object?> Of(WebhookEndpoint endpoint) => KeyValuePair.Create<string, object?>("endpoint", endpoint.Name);
}
