using Belfry.Bench.Measuring;

namespace Belfry.Tests.Bench.Measuring;

public sealed class BacklogTests
{
    private const long Step = 100_000;

    [Fact]
    public void A_steady_delay_is_no_growth() => Assert.Equal(0, Backlog.Growth(Window(offered: 100, delivered: _ => 100, late: 5)), 3);

    [Fact]
    public void What_stays_behind_is_growth() => Assert.Equal(0.1, Backlog.Growth(Window(offered: 100, delivered: _ => 90, late: 0)), 3);

    [Fact]
    public void A_backlog_that_is_worked_off_shrinks() =>
        Assert.True(Backlog.Growth(Window(offered: 100, delivered: step => step < 20 ? 50 : 120, late: 0)) < 0);

    [Fact]
    public void Nothing_offered_is_no_growth() => Assert.Equal(0, Backlog.Growth(Window(offered: 0, delivered: _ => 0, late: 0)));

    private static Measurement Window(int offered, Func<int, int> delivered, int late)
    {
        var window = new Measurement(startMicros: 0, TimeSpan.FromSeconds(10));
        for (var step = 0; step < 100; step++)
        {
            window.Offered.Add(step * Step, offered);
            window.Delivered.Add((step + late) * Step, delivered(step));
        }

        return window;
    }
}
