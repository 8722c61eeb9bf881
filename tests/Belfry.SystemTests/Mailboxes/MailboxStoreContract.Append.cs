using Belfry.Contracts;
using Belfry.Mailboxes;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>Seqs, times and contents.</summary>
public abstract partial class MailboxStoreContract
{
    [Fact]
    public async Task Seqs_of_a_mailbox_are_given_in_the_order_of_the_batch()
    {
        var items = new[] { Events.New("a"), Events.New("b"), Events.New("a"), Events.New("a"), Events.New("b") };

        var answers = await AppendAsync(items);

        Assert.Equal([1, 1, 2, 3, 2], answers.Select(a => a.Seq));
        Assert.All(answers, a => Assert.False(a.Duplicate));
        Assert.Equal([items[0].EventId, items[2].EventId, items[3].EventId], (await ReadAllAsync("a")).Select(r => r.Content.EventId));
        Assert.Equal([items[1].EventId, items[4].EventId], (await ReadAllAsync("b")).Select(r => r.Content.EventId));
    }

    [Fact]
    public async Task Seqs_go_on_over_batches_and_restarts()
    {
        await AppendAsync(Events.Several("a", 3));
        await AppendAsync(Events.Several("a", 2));
        await ReopenAsync();

        var answers = await AppendAsync(Events.Several("a", 2));

        Assert.Equal([6, 7], answers.Select(a => a.Seq));
        Assert.Equal(Seqs(1, 7), (await ReadAllAsync("a")).Select(r => r.Seq));
    }

    [Fact]
    public async Task An_append_of_nothing_stores_nothing()
    {
        Assert.Empty(await AppendAsync());
        Assert.Equal(0, await ReadNumberAsync("SELECT count(*) FROM {0}notifications"));
    }

    [Fact]
    public async Task A_batch_may_hold_thousands()
    {
        var items = Enumerable.Range(0, 5000).Select(i => Events.New($"user-{i % 700}")).ToList();

        var answers = await AppendAsync(items);

        Assert.Equal(items.GroupBy(i => i.UserId).Sum(g => g.Count() * (g.Count() + 1L) / 2), answers.Sum(a => a.Seq));
        Assert.Equal(5000, await ReadNumberAsync("SELECT count(*) FROM {0}notifications"));
    }

    [Fact]
    public async Task Every_field_comes_back_as_it_was_given()
    {
        var given = Events.New(
            "üser-☃",
            id: "id with spaces, 'quotes' and \"more\"",
            source: "/källa/№1",
            type: "job.posted.v2",
            priority: Priority.High,
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            attributes: """{"dataschema":"https://example.org/ä","n":1}""");

        await AppendAsync(given);

        var stored = await ReadOneAsync(given.UserId);
        Assert.Equal(1, stored.Seq);
        AssertSame(given, stored.Content);
    }

    [Fact]
    public async Task What_was_not_given_comes_back_as_not_given()
    {
        await AppendAsync(Events.New("a", traceparent: null, attributes: null));

        var stored = await ReadOneAsync("a");
        Assert.Null(stored.Content.Traceparent);
        Assert.Null(stored.Content.Attributes);
    }

    [Theory]
    [MemberData(nameof(OddPayloads))]
    public async Task A_payload_comes_back_byte_for_byte(string payload)
    {
        var given = Events.New("a", payload: payload);

        await AppendAsync(given);

        Assert.Equal(given.Payload, (await ReadOneAsync("a")).Content.Payload);
    }

    public static TheoryData<string> OddPayloads() =>
    [
        "null", "true", "0", "\"\"", "{}", "[]",
        """{ "b" : 1 , "a" : 2, "b":3 }""",
        "{\n\t\"lines\": [\r\n 1,\n 2 ]\r\n}\n",
        """{"escapes":"\u00e4\n\t\"\\\/\b\f\r \ud83d\ude00"}""",
        """{"text":"ä ß 漢字 עברית 😀 \u2028 ￿"}""",
        """[1e-400,1E+2,-0,0.10,123456789012345678901234567890,1.7976931348623157e308]""",
        $"\"{new string('x', (64 * 1024) - 2)}\"",
        string.Concat(Enumerable.Repeat("[", 64)) + string.Concat(Enumerable.Repeat("]", 64)),
    ];

    [Theory]
    [InlineData("2026-11-22T10:00:00.1234560Z")]
    [InlineData("2026-11-22T10:00:00.9999990Z")]
    [InlineData("1969-12-31T23:59:59.9999990Z")]
    [InlineData("1970-01-01T00:00:00.0000000Z")]
    [InlineData("2261-05-07T01:02:03.0000010Z")]
    public async Task An_event_s_timestamp_is_kept_to_the_microsecond(string timestamp)
    {
        var given = DateTime.Parse(timestamp, null, System.Globalization.DateTimeStyles.RoundtripKind);

        await AppendAsync(Events.New("a", timestamp: given));

        var stored = (await ReadOneAsync("a")).Content.EventTimestamp;
        Assert.Equal(given, stored);
        Assert.Equal(DateTimeKind.Utc, stored.Kind);
    }

    [Fact]
    public async Task The_time_of_receipt_in_the_answer_is_the_stored_one()
    {
        var answer = Assert.Single(await AppendAsync(Events.New("a")));

        Assert.Equal(DateTimeKind.Utc, answer.ReceivedAt.Kind);
        Assert.Equal(answer.ReceivedAt, (await ReadOneAsync("a")).ReceivedAt);
    }

    [Fact]
    public async Task The_time_of_receipt_never_goes_back_within_a_mailbox()
    {
        foreach (var step in (double[])[0, 60, -3600, 1, 7200, -1])
        {
            await PassTimeAsync(TimeSpan.FromSeconds(step));
            await AppendAsync(Events.Several("a", 3));
        }

        var times = (await ReadAllAsync("a")).ConvertAll(r => r.ReceivedAt);
        Assert.Equal(18, times.Count);
        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_refused_with_its_batch_and_leaves_no_gap()
    {
        await AppendAsync(Events.New("a"));

        var result = await Store.AppendAsync(
            AppendBatch.Of([Events.New("a"), Events.New("new"), Events.New("a", payload: "{"), Events.New("b")]), Cancelled);

        Assert.NotEmpty(Assert.IsType<AppendResult.Refused>(result).Reason);
        Assert.Equal(default, await Store.ReadHeadAsync("new", Cancelled));
        Assert.Equal([2], (await AppendAsync(Events.New("a"))).Select(a => a.Seq));
        Assert.Equal(Seqs(1, 2), (await ReadAllAsync("a")).Select(r => r.Seq));
    }

    [Fact]
    public async Task A_user_id_with_a_null_character_is_refused()
    {
        var result = await Store.AppendAsync(AppendBatch.Of([Events.New("a\0b")]), Cancelled);

        Assert.IsType<AppendResult.Refused>(result);
    }

    [Fact]
    public async Task A_batch_that_was_cancelled_before_it_began_leaves_no_gap()
    {
        await AppendAsync(Events.New("a"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.AppendAsync(AppendBatch.Of(Events.Several("a", 3)), new CancellationToken(canceled: true)));

        Assert.Equal([2], (await AppendAsync(Events.New("a"))).Select(a => a.Seq));
    }

    [Fact]
    public async Task Own_rows_are_found_by_place_and_notification_id()
    {
        var mine = Events.Several("a", 3);
        var other = Events.New("b");
        await AppendAsync([.. mine, other]);

        var found = await Store.FindOwnAsync(
            [
                ("a", 1, mine[0].NotificationId),
                ("a", 2, mine[2].NotificationId),
                ("a", 3, mine[2].NotificationId),
                ("b", 1, Guid.CreateVersion7()),
                ("nobody", 1, other.NotificationId),
            ], Cancelled);

        Assert.Equal(new HashSet<Guid> { mine[0].NotificationId, mine[2].NotificationId }, found);
    }

    private static void AssertSame(NewNotification given, NewNotification stored)
    {
        Assert.Equal(given.UserId, stored.UserId);
        Assert.Equal(given.Source, stored.Source);
        Assert.Equal(given.EventId, stored.EventId);
        Assert.Equal(given.NotificationId, stored.NotificationId);
        Assert.Equal(given.EventType, stored.EventType);
        Assert.Equal(given.Priority, stored.Priority);
        Assert.Equal(given.EventTimestamp, stored.EventTimestamp);
        Assert.Equal(given.Payload, stored.Payload);
        Assert.Equal(given.Traceparent, stored.Traceparent);
        Assert.Equal(given.Attributes, stored.Attributes);
    }
}
