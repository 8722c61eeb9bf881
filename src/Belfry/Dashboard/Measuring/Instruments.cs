using System.Diagnostics.Metrics;

namespace Belfry.Dashboard.Measuring;

/// <summary>
/// Listens to the metrics that the features have anyway, so that none of them has to know the dashboard. Only to those that are
/// asked for: an observed instrument costs what its callback costs, each second.
/// </summary>
internal sealed class Instruments : IDisposable
{
    private readonly Dictionary<string, List<Probe>> _probes = [];
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _own;

    public Instruments(IMeterFactory own)
    {
        _own = own;
        _listener.InstrumentPublished = Published;
        _listener.SetMeasurementEventCallback<long>(static (_, measured, tags, state) => Offer(measured, tags, state));
        _listener.SetMeasurementEventCallback<int>(static (_, measured, tags, state) => Offer(measured, tags, state));
        _listener.SetMeasurementEventCallback<double>(static (_, measured, tags, state) => Offer(measured, tags, state));
    }

    public CounterProbe Counter(string name, string? tag = null, object? value = null) => Add(name, new CounterProbe(tag, value));

    public GaugeProbe Gauge(string name, string? tag = null, object? value = null) => Add(name, new GaugeProbe(tag, value));

    public HistogramProbe Histogram(string name) => Add(name, new HistogramProbe());

    public PartitionProbe Partitions(string name) => Add(name, new PartitionProbe());

    /// <summary>From here on; all that is wanted has been asked for.</summary>
    public void Start() => _listener.Start();

    /// <summary>Looks at what has to be observed, and closes the histograms' second.</summary>
    public void Roll()
    {
        foreach (var gauge in All<GaugeProbe>()) gauge.Clear();
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // One feature's callback has failed, perhaps because the feature is ending: its gauge has no value this second.
        }

        foreach (var histogram in All<HistogramProbe>()) histogram.Roll();
        foreach (var partitions in All<PartitionProbe>()) partitions.Roll();
    }

    public void Dispose() => _listener.Dispose();

    private IEnumerable<T> All<T>()
        where T : Probe => _probes.Values.SelectMany(probes => probes).OfType<T>();

    private T Add<T>(string name, T probe)
        where T : Probe
    {
        if (!_probes.TryGetValue(name, out var probes)) _probes[name] = probes = [];
        probes.Add(probe);
        return probe;
    }

    private void Published(Instrument instrument, MeterListener listener)
    {
        // Npgsql's meter belongs to the process; another server in it has a factory, and meters, of its own.
        var ours = instrument.Meter.Name == "Npgsql" || (instrument.Meter.Name == "Belfry" && ReferenceEquals(instrument.Meter.Scope, _own));
        if (ours && _probes.TryGetValue(instrument.Name, out var probes)) listener.EnableMeasurementEvents(instrument, probes.ToArray());
    }

    private static void Offer(double measured, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        foreach (var probe in (Probe[])state!) probe.Offer(measured, tags);
    }
}
