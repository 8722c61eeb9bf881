using Belfry.Bench.Client;

namespace Belfry.Bench.Measuring;

/// <summary>Records for one loop what its streams receive during a measurement. The loop's thread alone writes it.</summary>
internal sealed class Recorder(Measurement measurement)
{
    private readonly Latencies?[] _ofStep = new Latencies?[measurement.Steps];

    /// <summary>From the intended send time to the client; or, of a replay, from the beginning of the connect to the last notification.</summary>
    public Latencies Latencies { get; } = new();

    /// <summary>From the beginning of a connect to the head of the answer.</summary>
    public Latencies Connects { get; } = new();

    /// <summary>The same latencies for each step of intended send times; null where there were none.</summary>
    public IReadOnlyList<Latencies?> OfStep => _ofStep;

    /// <summary>When the last notification of the measurement came.</summary>
    public long LastMicros { get; private set; }

    public void Opened(long micros) => Connects.Record(micros);

    public void Delivered(StreamConnection connection, long intendedMicros, long now)
    {
        measurement.Delivered.Add(now);
        LastMicros = now;
        if (measurement.NotificationsEach is { } each)
        {
            if (connection.Receipts.Numbers.Count == each) Latencies.Record(now - connection.BegunMicros);
            return;
        }

        if (!measurement.Covers(intendedMicros)) return;
        Latencies.Record(now - intendedMicros);
        (_ofStep[measurement.StepOf(intendedMicros)] ??= new Latencies(Latencies.Coarse)).Record(now - intendedMicros);
    }
}
