using System.Text;
using Belfry.Bench.Client;
using CsCheck;

namespace Belfry.Tests.Bench.Client;

public sealed class ChunkedDecoderTests
{
    [Fact]
    public void Content_comes_out_whatever_the_borders_of_chunks_and_reads() =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 40].Array[0, 8], Gen.Int[1, 50]).Sample((chunks, readSize) =>
        {
            var wire = Encoding.ASCII.GetBytes(string.Concat(chunks.Select(chunk => $"{chunk.Length:x}\r\n{chunk}\r\n")) + "0\r\n\r\n");
            var (content, ended) = Decode(wire, readSize);
            return ended && content == string.Concat(chunks);
        });

    [Fact]
    public void Extensions_and_trailers_are_skipped()
    {
        var (content, ended) = Decode("3;name=value\r\nabc\r\n0\r\nSome: trailer\r\n\r\n"u8.ToArray(), 100);

        Assert.Equal("abc", content);
        Assert.True(ended);
    }

    [Fact]
    public void A_body_that_goes_on_has_not_ended()
    {
        var (content, ended) = Decode("A\r\n0123456789\r\n"u8.ToArray(), 100);

        Assert.Equal("0123456789", content);
        Assert.False(ended);
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("1\r\nab\r\n")]
    public void Anything_else_is_an_error(string wire) => Assert.Throws<InvalidDataException>(() => Decode(Encoding.ASCII.GetBytes(wire), 100));

    private static (string Content, bool Ended) Decode(byte[] wire, int readSize)
    {
        var decoder = new ChunkedDecoder();
        var content = new StringBuilder();
        foreach (var read in wire.Chunk(readSize)) content.Append(Encoding.ASCII.GetString(read, 0, decoder.Decode(read)));
        return (content.ToString(), decoder.HasEnded);
    }
}
