using System.Text;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using CsCheck;

namespace Belfry.Tests.Ingest;

public sealed class PayloadTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    [InlineData("{ \"a\" :\t[ 1 ,\r\n 2 ] }")]
    [InlineData("\"\\ud83d\\ude00 \\u0001 \\\\u0000 \\/\"")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("-0")]
    [InlineData("0e400000")]
    [InlineData("1e131071")]
    [InlineData("1e-16383")]
    [InlineData("0.000123e-16377")]
    [InlineData("123456789012345678901234567890.5")]
    public void Any_json_that_jsonb_can_hold_is_kept_to_the_byte(string payload) =>
        Assert.Equal(payload, Doors.Text(Doors.Accepted(Event(payload)).Payload));

    [Theory]
    [InlineData("\"\\u0000\"")]
    [InlineData("{\"\\u0000\":1}")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\"")]
    [InlineData("\"\\ud800\\ud800\"")]
    [InlineData("\"\\ud800\\n\"")]
    [InlineData("\"\\uD83Dx\\uDE00\"")]
    [InlineData("[[\"\\\\\\u0000\"]]")]
    [InlineData("1e131072")]
    [InlineData("10e131071")]
    [InlineData("0.1e131073")]
    [InlineData("1e-16384")]
    [InlineData("0e-16384")]
    [InlineData("0.1e-16383")]
    [InlineData("1e99999999999999999999")]
    [InlineData("0e1073741823")]
    [InlineData("{\"a\":[1e400000]}")]
    public void What_jsonb_would_refuse_is_refused(string payload) =>
        Assert.Equal(ProblemTypes.InvalidPayload, Doors.Refused(Event(payload)).Type);

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_payload_has_at_most_64_levels(int levels, bool fits)
    {
        var arrays = new string('[', levels) + new string(']', levels);
        var objects = string.Concat(Enumerable.Repeat("{\"a\":", levels - 1)) + "{}" + new string('}', levels - 1);

        Assert.Equal(fits, Doors.One(Event(arrays)).IsAccepted);
        Assert.Equal(fits, Doors.One(Event(objects)).IsAccepted);
    }

    [Theory]
    [InlineData(EventLimits.Payload, null)]
    [InlineData(EventLimits.Payload + 1, ProblemTypes.TooLarge)]
    public void A_payload_has_at_most_64_kibibytes(int size, string? problem)
    {
        var payload = $"\"{new string('x', size - 2)}\"";

        Assert.Equal(problem, Doors.One(Event(payload)).Problem?.Type);
    }

    [Fact]
    public void A_record_over_a_mebibyte_is_refused()
    {
        var record = Encoding.UTF8.GetBytes(Event("1") + new string(' ', EventLimits.Body));

        Assert.Equal(ProblemTypes.TooLarge, EventParser.ReadRecord(record, Doors.Defaults).Problem!.Type);
    }

    [Fact]
    public void Number_bounds_hold_however_a_number_is_written()
    {
        // The same value with its point moved by k and k taken from or added to the exponent has as many digits before the point.
        Gen.Select(Gen.Int[-131_100, 131_100], Gen.Int[0, 6]).Sample((exponent, zeros) =>
        {
            var plain = StorableJson.IsNumeric(Encoding.UTF8.GetBytes($"1e{exponent}"));
            var padded = StorableJson.IsNumeric(Encoding.UTF8.GetBytes($"1{new string('0', zeros)}E{exponent - zeros:+0;-0}"));
            if (exponent - zeros >= -16_383) Assert.Equal(plain, padded);
            Assert.Equal(exponent is >= -16_383 and <= 131_071, plain);
        });
    }

    private static string Event(string payload) => $$"""{"user_id":"u","event_type":"t","payload":{{payload}}}""";
}
