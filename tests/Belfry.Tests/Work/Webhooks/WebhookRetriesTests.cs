using Belfry.Work.Webhooks;

namespace Belfry.Tests.Work.Webhooks;

public sealed class WebhookRetriesTests
{
    [Fact]
    public void They_begin_after_seconds_and_go_on_for_about_three_days()
    {
        var waits = Enumerable.Range(1, WebhookRetries.MaxAttempts - 1).Select(WebhookRetries.After).ToList();

        Assert.InRange(waits[0].TotalSeconds, 4, 6);
        Assert.All(waits, wait => Assert.True(wait <= TimeSpan.FromHours(12 * 1.2)));
        Assert.InRange(waits.Sum(wait => wait.TotalDays), 2.4, 3.7);
    }
}
