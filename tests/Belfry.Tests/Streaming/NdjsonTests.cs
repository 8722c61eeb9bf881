using System.Buffers;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Streaming;
using Belfry.Tests.Mailboxes;
using CsCheck;

namespace Belfry.Tests.Streaming;

public sealed class NdjsonTests
{
    private static readonly DateTime Received = new(2026, 11, 23, 10, 0, 1, DateTimeKind.Utc);

    [Fact]
    public void A_notifications_line_holds_the_very_JSON_of_its_SSE_block() =>
        Gen.Select(Gen.String[Gen.Char, 0, 60], Gen.Long[1, long.MaxValue - 1], Gen.Long[0, 1000]).Sample((text, seq, back) =>
        {
            var payload = $"{{\r\n \"{{\" :\n{JsonSerializer.Serialize(text)}\r}}";
            var frame = Frame.Of(MemoryMailboxStore.Event("u", payload: payload), seq, Received, "e1.2");
            var prev = Math.Max(0, seq - 1 - back);

            var block = Written(to => SseWriter.Instance.WriteFrame(to, frame, prev));
            var line = Written(to => NdjsonWriter.Instance.WriteFrame(to, frame, prev));

            var data = block[(block.IndexOf("data: ", StringComparison.Ordinal) + 6)..].TrimEnd('\n');
            Assert.Equal($"{{\"event\":\"notification\",\"id\":\"e1.2-{seq}\",\"data\":{data}}}\n", line);
        });

    [Fact]
    public void Every_other_block_is_one_line_as_well()
    {
        Assert.Equal("\n", Written(NdjsonWriter.Instance.WriteHeartbeat));
        Assert.Equal("\n{\"retry\":2500}\n", Written(to => NdjsonWriter.Instance.WriteHello(to, TimeSpan.FromMilliseconds(2500))));
        Assert.Equal("{\"id\":\"e1-5\"}\n", Written(to => NdjsonWriter.Instance.WriteCursor(to, new Cursor("e1", 5))));
        Assert.Equal(
            "{\"event\":\"reset\",\"id\":\"e1-5\",\"data\":{\"reason\":\"epoch\",\"cursor\":\"e1-5\"}}\n",
            Written(to => NdjsonWriter.Instance.WriteEvent(
                to, StreamEvents.Reset, new Cursor("e1", 5), new Reset(ResetReasons.Epoch, "e1-5"), ContractsJson.Default.Reset)));
        Assert.Equal(
            "{\"event\":\"bye\",\"data\":{\"retry_ms\":7}}\n",
            Written(to => NdjsonWriter.Instance.WriteEvent(to, StreamEvents.Bye, cursor: null, new Bye(7), ContractsJson.Default.Bye)));
    }

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
