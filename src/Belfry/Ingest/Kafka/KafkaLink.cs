using Belfry.Settings;

namespace Belfry.Ingest.Kafka;

/// <summary>Whether Kafka answers: said at each change, to operators, metrics and <c>/readyz</c>.</summary>
internal sealed partial class KafkaLink
{
    private const string Part = "kafka";

    private readonly Readiness _readiness;
    private readonly KafkaMetrics _metrics;
    private readonly ILogger _log;
    private bool? _isUp;

    public KafkaLink(Readiness readiness, KafkaMetrics metrics, ILogger<KafkaLink> log)
    {
        _readiness = readiness;
        _metrics = metrics;
        _log = log;
        readiness.Report(Part, false, "not connected yet");
    }

    public bool IsUp => _isUp is true;

    public void Up()
    {
        if (_isUp is true) return;
        if (_isUp is false) Log.Back(_log);
        _isUp = true;
        _metrics.Connected = true;
        _readiness.Report(Part, true, null);
    }

    public void Down(string reason)
    {
        if (_isUp is not false) Log.Away(_log, reason);
        _isUp = false;
        _metrics.Connected = false;
        _readiness.Report(Part, false, reason);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Kafka does not answer; not ready, and trying again: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Kafka answers again")]
        public static partial void Back(ILogger logger);
    }
}
