using ScottPlot;

namespace Belfry.Bench.Report;

/// <summary>The plots of a report, as SVG.</summary>
internal static class Plots
{
    private const int Width = 960;
    private const int Height = 320;

    public static string Rates(SeriesReport series)
    {
        var plot = new Plot();
        AddSeries(plot, "offered", series.OfferedPerS);
        AddSeries(plot, "stored", series.StoredPerS);
        AddSeries(plot, "delivered", series.DeliveredPerS);
        return Finish(plot, "notifications in each second", "seconds", "1/s");
    }

    public static string Latencies(SeriesReport series)
    {
        var plot = new Plot();
        double[] seconds = [.. series.LatencyMs.Select((_, step) => (double)step * series.LatencyStepS)];
        AddLine(plot, "p50", seconds, [.. series.LatencyMs.Select(latency => latency.P50)]);
        AddLine(plot, "p99", seconds, [.. series.LatencyMs.Select(latency => latency.P99)]);
        AddLine(plot, "max", seconds, [.. series.LatencyMs.Select(latency => latency.Max)]);
        return Finish(plot, "latency by intended send time", "seconds", "ms");
    }

    /// <summary>Percentiles over a scale on which 90, 99, 99.9 … stand at equal distances.</summary>
    public static string Distribution(SeriesReport series)
    {
        var plot = new Plot();
        var points = series.Percentiles.Where(point => point.Percentile < 100).ToArray();
        AddLine(plot, "latency", [.. points.Select(point => Nines(point.Percentile))], [.. points.Select(point => point.Ms)]);
        double[] marks = [0, 50, 90, 99, 99.9, 99.99, 99.999];
        plot.Axes.Bottom.SetTicks([.. marks.Select(Nines)], [.. marks.Select(mark => $"{mark}")]);
        return Finish(plot, "distribution of latency", "percentile", "ms");
    }

    public static string Cpu(IReadOnlyDictionary<string, double> cpu)
    {
        var plot = new Plot();
        plot.Add.Bars([.. cpu.Values.Select(seconds => seconds * 1000)]);
        double[] places = [.. Enumerable.Range(0, cpu.Count)];
        plot.Axes.Bottom.SetTicks(places, [.. cpu.Keys]);
        return Finish(plot, "CPU for 1,000 notifications", "", "ms");
    }

    private static double Nines(double percentile) => Math.Log10(100 / (100 - percentile));

    private static void AddSeries(Plot plot, string name, IReadOnlyList<long> perSecond) =>
        AddLine(plot, name, [.. Enumerable.Range(0, perSecond.Count)], [.. perSecond]);

    private static void AddLine(Plot plot, string name, double[] x, double[] y)
    {
        if (x.Length == 0) return;
        var line = plot.Add.ScatterLine(x, y);
        line.LegendText = name;
        line.LineWidth = 2;
    }

    private static string Finish(Plot plot, string title, string x, string y)
    {
        plot.Title(title);
        plot.XLabel(x);
        plot.YLabel(y);
        plot.ShowLegend(Edge.Right);
        // From zero on: a difference of a percent must not look like a cliff.
        plot.Axes.SetLimitsY(0, Math.Max(plot.Axes.GetLimits().Top, 1e-9));
        var svg = plot.GetSvgXml(Width, Height);
        // Inside HTML there is no place for an XML declaration.
        return svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
    }
}
