namespace Belfry.Bench.Measuring;

/// <summary>What was to be sent and had not arrived yet.</summary>
internal static class Backlog
{
    /// <summary>
    /// How fast the backlog grew during the window, as a part of the offered rate (0.05: of 100 that were to be sent, 5 stayed
    /// behind): the slope of the least-squares line through its steps of 100 ms, after the first second.
    /// </summary>
    public static double Growth(Measurement measurement)
    {
        var offered = measurement.Offered.StepsWithin(measurement.Duration);
        var delivered = measurement.Delivered.StepsWithin(measurement.Duration);
        if (offered.Sum() == 0) return 0;

        var backlog = 0.0;
        var points = new List<(double X, double Y)>();
        for (var step = 0; step < offered.Count; step++)
        {
            backlog += offered[step] - delivered[step];
            if (step >= Timeline.StepsPerSecond) points.Add(((double)step / Timeline.StepsPerSecond, backlog));
        }

        return points.Count < 2 ? 0 : Slope(points) / measurement.OfferedPerSecond;
    }

    private static double Slope(List<(double X, double Y)> points)
    {
        var x = points.Average(point => point.X);
        var y = points.Average(point => point.Y);
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }
}
