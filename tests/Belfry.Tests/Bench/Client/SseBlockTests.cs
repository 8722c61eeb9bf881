using System.Text;
using Belfry.Bench.Client;

namespace Belfry.Tests.Bench.Client;

public sealed class SseBlockTests
{
    [Fact]
    public void A_block_has_name_id_and_data()
    {
        ReadOnlySpan<byte> bytes = "event: notification\nid: e-7\ndata: {\"a\":1}\n\nrest"u8;

        Assert.True(SseBlock.TryTake(ref bytes, out var block));

        Assert.Equal("notification", Encoding.UTF8.GetString(block.Name));
        Assert.Equal("e-7", Encoding.UTF8.GetString(block.Id));
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(block.Data));
        Assert.Equal("rest", Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void A_block_without_its_empty_line_is_not_there_yet()
    {
        ReadOnlySpan<byte> bytes = "data: 1\n"u8;

        Assert.False(SseBlock.TryTake(ref bytes, out _));
    }

    [Fact]
    public void Comments_and_retry_are_no_events()
    {
        ReadOnlySpan<byte> bytes = ": belfry\n\nretry: 2500\n\n:\n\n"u8;

        Assert.True(SseBlock.TryTake(ref bytes, out var hello));
        Assert.True(hello.Name.IsEmpty && hello.Data.IsEmpty && hello.Id.IsEmpty);
        Assert.True(SseBlock.TryTake(ref bytes, out var retry));
        Assert.Equal("2500", Encoding.UTF8.GetString(retry.Retry));
        Assert.True(SseBlock.TryTake(ref bytes, out _));
        Assert.True(bytes.IsEmpty);
    }

    [Theory]
    [InlineData("data: 1\ndata: 2\n\n")]
    [InlineData("data: 1\r\n\n")]
    public void What_the_contract_excludes_is_an_error(string text) => Assert.Throws<InvalidDataException>(() =>
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        SseBlock.TryTake(ref bytes, out _);
    });
}
