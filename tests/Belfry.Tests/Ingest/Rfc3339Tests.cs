using System.Globalization;
using System.Text;
using Belfry.Ingest.Events;
using CsCheck;

namespace Belfry.Tests.Ingest;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000000")]
    [InlineData("2026-11-22t10:00:00z", "2026-11-22T10:00:00.000000")]
    [InlineData("2026-11-22 10:00:00Z", "2026-11-22T10:00:00.000000")]
    [InlineData("2026-11-22T10:00:00.1Z", "2026-11-22T10:00:00.100000")]
    [InlineData("2026-11-22T10:00:00.123456789123Z", "2026-11-22T10:00:00.123456")]
    [InlineData("2026-11-22T01:30:00+05:30", "2026-11-21T20:00:00.000000")]
    [InlineData("2026-11-22T23:00:00-02:00", "2026-11-23T01:00:00.000000")]
    [InlineData("2026-11-22T10:00:00-00:00", "2026-11-22T10:00:00.000000")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000")]
    [InlineData("1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000000")]
    [InlineData("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999")]
    public void A_time_is_read_as_utc_microseconds(string text, string expected)
    {
        Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var time));
        Assert.Equal(expected, time.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        Assert.Equal(DateTimeKind.Utc, time.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-22")]
    [InlineData("2026-11-22T10:00Z")]
    [InlineData("2026-11-22T10:00:00")]
    [InlineData("2026-11-22T10:00:00.Z")]
    [InlineData("2026-11-22T10:00:00,5Z")]
    [InlineData("2026-11-22T10:00:00+1:00")]
    [InlineData("2026-11-22T10:00:00+0100")]
    [InlineData("2026-11-22T10:00:00+24:00")]
    [InlineData("2026-11-22T10:00:00Zulu")]
    [InlineData("2026-11-22T24:00:00Z")]
    [InlineData("2026-11-22T10:60:00Z")]
    [InlineData("2026-11-22T10:00:61Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-00-01T00:00:00Z")]
    [InlineData("2026-02-29T00:00:00Z")]
    [InlineData("2026-11-31T00:00:00Z")]
    [InlineData("2026-1x-01T00:00:00Z")]
    [InlineData("-026-11-22T10:00:00Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1899-12-31T23:59:59Z")]
    [InlineData("1900-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:60Z")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("12026-11-22T10:00:00Z")]
    public void What_is_no_such_time_is_refused(string text) => Assert.False(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void What_the_platform_writes_is_read_back() =>
        Gen.Select(Gen.DateTime[new DateTime(1901, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(9998, 1, 1, 0, 0, 0, DateTimeKind.Utc)], Gen.Int[-14 * 60, 14 * 60])
            .Sample((time, minutes) =>
            {
                var local = new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)).ToOffset(TimeSpan.FromMinutes(minutes));
                Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(local.ToString("o", CultureInfo.InvariantCulture)), out var read));
                Assert.Equal(time.Ticks / TimeSpan.TicksPerMicrosecond, read.Ticks / TimeSpan.TicksPerMicrosecond);
            });
}
