using Belfry.Settings;
using CsCheck;

namespace Belfry.Tests.Settings;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("100ms", 100)]
    [InlineData("30s", 30_000)]
    [InlineData("5m", 300_000)]
    [InlineData("12h", 43_200_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("1.5s", 1500)]
    [InlineData(" 30s ", 30_000)]
    public void A_number_with_a_unit_is_a_duration(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1 s")]
    [InlineData("1e3s")]
    [InlineData("1h30m")]
    [InlineData("00:00:30")]
    [InlineData("1,5s")]
    [InlineData("30S")]
    [InlineData("99999999999d")]
    public void Anything_else_is_not(string? text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_back() => Gen.Long[0, TimeSpan.FromDays(4000).Ticks / TimeSpan.TicksPerMillisecond]
        .Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds))
        .Sample(value => Duration.TryParse(Duration.Format(value), out var read) && read == value);

    [Fact]
    public void It_is_written_with_the_largest_unit_that_fits()
    {
        Assert.Equal("7d", Duration.Format(TimeSpan.FromDays(7)));
        Assert.Equal("90m", Duration.Format(TimeSpan.FromMinutes(90)));
        Assert.Equal("1500ms", Duration.Format(TimeSpan.FromSeconds(1.5)));
        Assert.Equal("0", Duration.Format(TimeSpan.Zero));
    }
}
