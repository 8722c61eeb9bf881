using System.Diagnostics.Metrics;

namespace Belfry.Ingest;

/// <summary>What the ways in tell about themselves.</summary>
internal sealed class IngestMetrics
{
    public const string Http = "http";
    public const string Kafka = "kafka";
    public const string Outbox = "outbox";

    private readonly Counter<long> _accepted;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _unavailable;

    public IngestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Belfry");
        _accepted = meter.CreateCounter<long>("belfry.ingest.accepted", "{notification}", "Notifications whose event was acknowledged");
        _rejected = meter.CreateCounter<long>("belfry.ingest.rejected", "{event}", "Events that were refused, by the reason's type");
        _unavailable = meter.CreateCounter<long>("belfry.ingest.unavailable", "{request}", "Publishes answered with 503");
    }

    /// <param name="way">The way in.</param>
    public void Accepted(string way, int notifications) => _accepted.Add(notifications, new KeyValuePair<string, object?>("way", way));

    /// <param name="type">The problem's type.</param>
    public void Rejected(string way, string type) =>
        _rejected.Add(1, new KeyValuePair<string, object?>("way", way), new KeyValuePair<string, object?>("reason", Short(type)));

    public void Unavailable(string type) => _unavailable.Add(1, new KeyValuePair<string, object?>("reason", Short(type)));

    private static string Short(string type) => type[(type.LastIndexOf(':') + 1)..];
}
