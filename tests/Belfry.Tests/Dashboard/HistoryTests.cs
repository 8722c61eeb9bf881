using Belfry.Dashboard.Measuring;

namespace Belfry.Tests.Dashboard;

public sealed class HistoryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void It_keeps_only_so_many_and_the_newest()
    {
        var history = new History(3);
        for (var at = 1; at <= 5; at++) history.Add(new Sample(at, []));

        var (samples, next) = history.ReadFrom(0);

        Assert.Equal([3L, 4, 5], samples.Select(s => s.At));
        Assert.Equal(5, next);
        Assert.Equal(5, history.Latest!.At);
        Assert.Equal([5L], history.ReadFrom(4).Samples.Select(s => s.At));
        Assert.Empty(history.ReadFrom(5).Samples);
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_the_next_one()
    {
        var history = new History(3);
        var waiting = history.WaitForAsync(0, Cancelled);
        Assert.False(waiting.IsCompleted);

        history.Add(new Sample(1, []));

        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
        Assert.True(history.WaitForAsync(0, Cancelled).IsCompletedSuccessfully);
        Assert.False(history.WaitForAsync(1, Cancelled).IsCompleted);
    }

    [Fact]
    public async Task Whoever_has_gone_does_not_wait()
    {
        using var gone = new CancellationTokenSource();
        var waiting = new History(3).WaitForAsync(0, gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
