using System.Text;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using CsCheck;

namespace Belfry.Tests.Ingest;

public sealed class EventBodyTests
{
    private const string Good = """{"user_id":"u","event_type":"t"}""";

    [Fact]
    public void A_bad_item_does_not_spoil_the_good_ones()
    {
        var body = Doors.Body($$"""[{{Good}},{"event_type":"t"},7,[{{Good}}],"x",null,{{Good}}]""");

        Assert.Equal([true, false, false, false, false, false, true], body.Verdicts.Select(v => v.IsAccepted));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("nonsense")]
    [InlineData("{")]
    [InlineData("[" + Good)]
    [InlineData("[" + Good + ",]")]
    [InlineData(Good + Good)]
    [InlineData(Good + " x")]
    [InlineData("[" + Good + "] []")]
    [InlineData("{\"user_id\":\"u\",}")]
    [InlineData("{\"user_id\":\"u\"/* c */}")]
    [InlineData("{\"user_id\":\"a\nb\",\"event_type\":\"t\"}")]
    [InlineData("{\"user_id\":\"\\x\",\"event_type\":\"t\"}")]
    [InlineData("{\"payload\":01}")]
    [InlineData("{\"payload\":NaN}")]
    [InlineData("[]")]
    public void What_is_not_json_or_has_no_events_is_one_problem(string json)
    {
        var body = Doors.Body(json);

        Assert.Equal(ProblemTypes.Malformed, body.Problem!.Type);
        Assert.Empty(body.Verdicts);
    }

    [Fact]
    public void Invalid_utf8_is_not_json()
    {
        foreach (var bad in new byte[][] { [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF] })
        {
            byte[] json = [.. "{\"user_id\":\"u\",\"event_type\":\"t\",\"payload\":\""u8, .. bad, .. "\"}"u8];
            Assert.Equal(ProblemTypes.Malformed, EventParser.ReadBody(json, EventFormat.Any, Doors.Defaults).Problem!.Type);
        }
    }

    [Fact]
    public void A_byte_order_mark_is_passed_over() => Assert.Equal("u", Doors.Accepted("\uFEFF" + Good).UserId);

    [Theory]
    [InlineData(EventLimits.Items, true)]
    [InlineData(EventLimits.Items + 1, false)]
    public void A_body_has_at_most_1000_items(int count, bool fits)
    {
        var body = Doors.Body($"[{string.Join(',', Enumerable.Repeat("{}", count))}]");

        Assert.Equal(fits ? null : ProblemTypes.TooLarge, body.Problem?.Type);
    }

    [Fact]
    public void All_items_together_name_a_bounded_number_of_users()
    {
        var users = string.Join(',', Enumerable.Range(0, EventLimits.UsersInPlace).Select(n => $"\"{n}\""));
        var item = $$"""{"event_type":"t","user_ids":[{{users}}]}""";

        Assert.Null(Doors.Body($"[{string.Join(',', Enumerable.Repeat(item, 10))}]").Problem);
        Assert.Equal(ProblemTypes.TooLarge, Doors.Body($"[{string.Join(',', Enumerable.Repeat(item, 11))}]").Problem!.Type);
    }

    [Fact]
    public void With_a_stem_events_without_an_id_get_the_stem_and_their_place()
    {
        var body = EventParser.ReadBody(
            Encoding.UTF8.GetBytes($$"""[{{Good}},{"user_id":"u","event_type":"t","id":"own"},{{Good}}]"""),
            EventFormat.Any,
            Doors.Defaults with { IdStem = "key" });

        Assert.Equal(["key/0", "own", "key/2"], body.Verdicts.Select(v => v.Notifications!.Single().EventId));
    }

    [Fact]
    public void A_payload_deeper_than_any_stack_is_one_rejected_item()
    {
        var deep = new string('[', 400_000) + new string(']', 400_000);

        var body = Doors.Body($$$"""[{"user_id":"u","event_type":"t","payload":{"a":{{{deep}}}}},{{{Good}}}]""");

        Assert.Equal(ProblemTypes.TooLarge, body.Verdicts[0].Problem!.Type);
        Assert.True(body.Verdicts[1].IsAccepted);
    }

    [Fact]
    public void Whatever_comes_is_judged_and_never_throws()
    {
        // Pieces of events in any order: mostly nonsense, often nearly right.
        var piece = Gen.OneOf<string>(
            "{", "}", "[", "]", ",", ":", "\"user_id\"", "\"event_type\"", "\"payload\"", "\"id\"", "\"u\"", "\"\\ud83d\"", "\"\\u0000\"", "1e400000",
            "null", "true", "-0.5", "\"specversion\":\"1.0\"", "\"user_ids\":[\"a\"]", "\"priority\":\"HIGH\"", "\"data\":{}", " ", "\\", "\u0001", Good);
        Gen.OneOf(
                piece.Array[0, 30].Select(string.Concat),
                piece.Array[0, 8].Select(parts => "{\"user_id\":\"u\",\"event_type\":\"t\",\"payload\":" + string.Concat(parts) + "}"))
            .Sample(json =>
            {
                var body = Doors.Body(json);
                Assert.True(body.Problem is not null ^ body.Verdicts.Count > 0);
                Assert.All(body.Verdicts, v => Assert.True(v.IsAccepted ^ v.Problem is not null));
            });
    }

    [Fact]
    public void Whatever_bytes_a_record_has_it_is_judged_and_never_throws() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            var verdict = EventParser.ReadRecord(bytes, Doors.Defaults);
            Assert.True(verdict.IsAccepted ^ verdict.Problem is not null);
        });
}
