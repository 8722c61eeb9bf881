using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Belfry.Dashboard.Measuring;
using Belfry.Ingest;
using Belfry.Streaming;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Belfry.MicroBench;

/// <summary><c>metrics</c>: what one measurement costs where it is taken: with nobody listening, with Prometheus, with the dashboard too.</summary>
internal static class MetricsCommand
{
    private const int Measurements = 5_000_000;
    private const int Runs = 5;

    public static Command Create()
    {
        var command = new Command("metrics", "Nanoseconds for one recorded latency and one counted event, median of 5 runs.");
        command.SetAction(_ =>
        {
            Console.WriteLine("listeners                  latency ns   counter ns   one row us");
            Measure("none", exported: false, watched: false);
            Measure("Prometheus", exported: true, watched: false);
            Measure("dashboard", exported: false, watched: true);
            Measure("Prometheus and dashboard", exported: true, watched: true);
        });
        return command;
    }

    private static void Measure(string name, bool exported, bool watched)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var provider = exported ? Sdk.CreateMeterProviderBuilder().AddMeter("Belfry").AddReader(new BaseExportingMetricReader(new Nowhere())).Build() : null;
        using var gauges = watched ? new Gauges(meters) : null;
        var streams = new StreamMetrics(meters);
        var ingest = new IngestMetrics(meters);

        var latency = Median(() =>
        {
            for (var n = 0; n < Measurements; n++) streams.HandedOver(TimeSpan.FromTicks(n % 1_000_000));
            return Measurements;
        });
        var counter = Median(() =>
        {
            for (var n = 0; n < Measurements; n++) ingest.Accepted(IngestMetrics.Http, 1);
            return Measurements;
        });
        var row = gauges is null ? 0 : Median(() =>
        {
            for (var n = 0; n < 1000; n++) gauges.Take(TimeSpan.FromSeconds(1));
            return 1000;
        });
        Console.WriteLine($"{name,-25}  {latency,10:0.0}   {counter,10:0.0}   {row / 1000,10:0.0}");
    }

    /// <summary>Nanoseconds for one of those that a run has done.</summary>
    private static double Median(Func<int> run)
    {
        run();
        var found = new List<double>();
        for (var n = 0; n < Runs; n++)
        {
            var started = Stopwatch.GetTimestamp();
            var done = run();
            found.Add(Stopwatch.GetElapsedTime(started).TotalNanoseconds / done);
        }

        return found.Order().ElementAt(Runs / 2);
    }

    private sealed class Nowhere : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
