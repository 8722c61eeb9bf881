using Belfry.Contracts;
using CsCheck;

namespace Belfry.Tests.Contracts;

public sealed class CursorTests
{
    private static readonly Gen<string> Epochs = Gen.String[Gen.Char["0123456789abcdefghijklmnopqrstuvwxyz."], 1, Cursor.MaxEpochLength];

    [Fact]
    public void Every_cursor_is_read_as_it_was_written() =>
        Gen.Select(Epochs, Gen.Long[0, long.MaxValue]).Sample((epoch, seq) =>
            Cursor.TryParse(new Cursor(epoch, seq).ToString(), out var read) && read == new Cursor(epoch, seq));

    [Fact]
    public void What_is_read_is_written_back_to_the_letter() =>
        Gen.String[Gen.Char["0123456789aZ.-+ "], 0, 40].Sample(text => !Cursor.TryParse(text, out var cursor) || cursor.ToString() == text);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-5")]
    [InlineData("e1")]
    [InlineData("e1-")]
    [InlineData("e1--1")]
    [InlineData("e1-+1")]
    [InlineData("e1- 1")]
    [InlineData("e1-01")]
    [InlineData("e1-1.5")]
    [InlineData("e1-9223372036854775808")]
    [InlineData("e1-1\0")]
    [InlineData("E1-1")]
    [InlineData("e_1-1")]
    [InlineData("0123456789abcdef0123456789abcdefx-1")]
    public void Anything_else_is_no_cursor(string? text) => Assert.False(Cursor.TryParse(text, out _));
}
