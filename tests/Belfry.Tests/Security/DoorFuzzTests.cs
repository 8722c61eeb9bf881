using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Ingest.Http;
using Belfry.Ingest.Kafka;
using Belfry.Mailboxes;
using Belfry.Tests.Ingest;
using CsCheck;

namespace Belfry.Tests.Security;

/// <summary>Whatever comes to the door is judged: accepted as it is, or refused with a reason that says nothing of us.</summary>
public sealed class DoorFuzzTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_is_judged_and_what_is_accepted_is_what_was_sent()
    {
        var accepted = 0;
        await Fuzz.SampleAsync(
            Gen.Select(FuzzedEvents.Bodies, Gen.Enum<EventFormat>()),
            4_000,
            input =>
            {
                var (bytes, format) = input;
                var body = EventParser.ReadBody(bytes, format, Doors.Defaults);

                Assert.True(body.Problem is not null ^ body.Verdicts.Count > 0);
                if (body.Problem is { } problem) Demand(problem);
                for (var i = 0; i < body.Verdicts.Count; i++) accepted += Demand(body.Verdicts[i], bytes, i, format != EventFormat.Any);
            },
            input => $"{input.Item2}\n{FuzzedEvents.Print(input.Item1)}",
            Cancelled);

        // Else it would be noise only that was tried.
        Assert.True(accepted > 200, $"{accepted} were accepted.");
    }

    [Fact]
    public async Task A_record_of_Kafka_is_judged_whatever_its_bytes_and_its_key_are() =>
        await Fuzz.SampleAsync(
            Gen.Select(Gen.Frequency((4, FuzzedEvents.Bodies), (1, Gen.Byte.Array[0, 300])), Gen.Byte.Array[0, 800]),
            4_000,
            input =>
            {
                var (value, key) = input;
                var defaults = new EventDefaults("topic", Doors.Now) { IdStem = "topic/1", Place = long.MaxValue, UserKey = key };

                Demand(EventParser.ReadRecord(value, defaults), value, 0, isCloudEvent: false);
            },
            input => FuzzedEvents.Print(input.Item1),
            Cancelled);

    [Fact]
    public async Task An_event_in_headers_is_judged_and_its_data_says_nothing_of_its_attributes()
    {
        var accepted = 0;
        await Fuzz.SampleAsync(
            HeaderEvents.Events,
            4_000,
            sent =>
            {
                foreach (var found in (BinaryEvent?[])[BinaryRequest.Find(sent.ToRequest()), BinaryRecord.Find(sent.ToHeaders())])
                {
                    if (found is null) continue;
                    var form = found.Finish(sent.Data);
                    using var _ = JsonDocument.Parse(form, new JsonDocumentOptions { MaxDepth = 100_000 });
                    var verdict = found.Judge(form, Doors.Defaults with { UserKey = [.. "key"u8] });

                    accepted += Demand(verdict, form, 0, isCloudEvent: true);
                    foreach (var notification in verdict.Notifications ?? [])
                    {
                        Assert.Contains(notification.UserId, sent.Users);
                        Assert.Equal(PayloadOracle.JsonOf(sent.Data), Encoding.UTF8.GetString(notification.Payload));
                    }
                }
            },
            sent => sent.ToString(),
            Cancelled);

        Assert.True(accepted > 200, $"{accepted} were accepted.");
    }

    [Fact]
    public async Task A_cursor_is_read_only_as_it_was_written()
    {
        var piece = Gen.OneOf(
            Gen.OneOf<string>("-", "0", "00", "+1", " ", "\t", "a.b", "9223372036854775807", "9223372036854775808", "\u0661", "\ud800", "\0", "\r\n", "é", new string('a', 33), new string('1', 5000)),
            Gen.Char.Array[0, 3].Select(chars => new string(chars)));
        await Fuzz.SampleAsync(
            piece.Array[0, 5].Select(string.Concat),
            20_000,
            text =>
            {
                if (Cursor.TryParse(text, out var cursor)) Assert.Equal(text, cursor.ToString());
                TypeFilter.Parse(text)?.Wants("job.posted");
            },
            text => Convert.ToBase64String(Encoding.Unicode.GetBytes(text)),
            Cancelled);
    }

    /// <summary>How many notifications were accepted.</summary>
    private static int Demand(EventVerdict verdict, byte[] body, int index, bool isCloudEvent)
    {
        Assert.True(verdict.IsAccepted ^ verdict.Problem is not null);
        if (verdict.Problem is { } problem) Demand(problem);
        foreach (var notification in verdict.Notifications ?? [])
        {
            Assert.Equal(PayloadOracle.PayloadOf(body, index, isCloudEvent), Encoding.UTF8.GetString(notification.Payload));
            Assert.Null(TextRules.FindFault(notification.UserId, EventLimits.Name));
            Assert.Null(TextRules.FindFault(notification.EventId, EventLimits.Name));
            Assert.Null(TextRules.FindFault(notification.EventType, EventLimits.EventType));
            Assert.Null(TextRules.FindFault(notification.Source, EventLimits.Name));
        }

        return verdict.Notifications?.Length ?? 0;
    }

    private static void Demand(Problem problem)
    {
        Assert.InRange(problem.Status, 400, 499);
        Assert.StartsWith("urn:belfry:problem:", problem.Type, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.Detail ?? "", StringComparison.Ordinal);
        Assert.InRange((problem.Detail ?? "").Length, 1, 300);
    }
}
