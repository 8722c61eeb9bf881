using Belfry.Contracts;
using Belfry.Work.Webhooks;

namespace Belfry.Tests.Work;

public sealed class WebhookWishesTests
{
    [Theory]
    [InlineData("2026-11-23T20:59:59Z", null)]
    [InlineData("2026-11-23T21:00:00Z", "09:00:00")]
    [InlineData("2026-11-24T05:59:59Z", "00:00:01")]
    [InlineData("2026-11-24T06:00:00Z", null)]
    // The night in which clocks are set forward is an hour shorter, the one in which they are set back an hour longer.
    [InlineData("2026-03-28T21:00:00Z", "08:00:00")]
    [InlineData("2026-10-24T20:00:00Z", "10:00:00")]
    public void Messages_wait_until_the_users_night_is_over(string now, string? wait)
    {
        var wishes = new Preferences { Quiet = new QuietHours("22:00", "07:00", "Europe/Berlin") };

        Assert.Equal(wait is null ? null : TimeSpan.Parse(wait, System.Globalization.CultureInfo.InvariantCulture), wishes.WaitAt(At(now), Priority.High));
    }

    [Theory]
    [InlineData("2026-11-23T12:00:00Z", "00:30:00")]
    [InlineData("2026-11-23T12:30:00Z", null)]
    [InlineData("2026-11-23T22:00:00Z", null)]
    public void Hours_of_one_day_end_on_that_day(string now, string? wait)
    {
        var wishes = new Preferences { Quiet = new QuietHours("11:30", "12:30", "Etc/UTC") };

        Assert.Equal(wait is null ? null : TimeSpan.Parse(wait, System.Globalization.CultureInfo.InvariantCulture), wishes.WaitAt(At(now), Priority.Medium));
    }

    [Fact]
    public void An_end_that_the_clocks_jump_over_comes_right_after_the_jump()
    {
        var wishes = new Preferences { Quiet = new QuietHours("22:00", "02:30", "Europe/Berlin") };

        // At 01:00 it is 02:00 there, and a second later 03:00:01; 02:30 is not on that day's clock.
        Assert.Equal(TimeSpan.FromMinutes(60), wishes.WaitAt(At("2026-03-29T00:30:00Z"), Priority.Low));
    }

    [Fact]
    public void What_is_urgent_passes_where_the_user_lets_it()
    {
        var wishes = new Preferences { Quiet = new QuietHours("22:00", "07:00", "Etc/UTC", HighPasses: true) };

        Assert.Null(wishes.WaitAt(At("2026-11-23T23:00:00Z"), Priority.High));
        Assert.NotNull(wishes.WaitAt(At("2026-11-23T23:00:00Z"), Priority.Medium));
        Assert.Null(new Preferences().WaitAt(At("2026-11-23T23:00:00Z"), Priority.Low));
    }

    [Fact]
    public void Types_are_muted_by_name_and_by_beginning()
    {
        var wishes = new Preferences { MutedWebhooks = ["job.*", "follower.new"] };

        Assert.True(wishes.Mutes("job.posted") && wishes.Mutes("follower.new"));
        Assert.False(wishes.Mutes("follower.news") || wishes.Mutes("jobs"));
    }

    private static DateTime At(string time) => DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;
}
