using Belfry.Ingest.Http;
using Microsoft.Extensions.Primitives;

namespace Belfry.Tests.Ingest;

public sealed class IdempotencyKeyTests
{
    public static TheoryData<string> Refused => ["", "\"\"", " ", "a b", "ü", "a\u0001", "\"a", "\"a\"b", "\"a\\", "\"a\\b\"", new string('k', 256)];

    [Theory]
    [InlineData("k-1", "k-1")]
    [InlineData("\"k-1\"", "k-1")]
    [InlineData("\"a\\\"\\\\b\"", "a\"\\b")]
    [InlineData("k\"1", "k\"1")]
    [InlineData("!~", "!~")]
    public void A_key_may_stand_in_quotes_or_not(string header, string key) => Assert.Equal(key, Read(header, out _)!.ToIdStem());

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_key_has_a_fault(string header)
    {
        Assert.Null(Read(header, out var fault));
        Assert.Contains("1 to 255 visible ASCII characters", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_header_there_is_neither_and_with_two_nobody_knows_which()
    {
        Assert.Null(Read(StringValues.Empty, out var none));
        Assert.Null(none);
        Assert.Null(Read(new StringValues(["a", "b"]), out var twice));
        Assert.NotNull(twice);
    }

    [Fact]
    public void A_long_key_is_hashed_so_that_ids_stay_short()
    {
        var stem = Read(new string('k', 255), out _)!.ToIdStem();

        Assert.Equal(64, stem.Length);
        Assert.Equal(stem, Read($"\"{new string('k', 255)}\"", out _)!.ToIdStem());
        Assert.NotEqual(stem, Read(new string('k', 254), out _)!.ToIdStem());
    }

    private static IdempotencyKey? Read(StringValues header, out string? fault)
    {
        var headers = new HeaderDictionary();
        if (header.Count > 0) headers[IdempotencyKey.Header] = header;
        return IdempotencyKey.Read(headers, out fault);
    }
}
