using System.Net;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary><c>/v1/preferences</c> on a running server, and what becomes of what is muted.</summary>
public sealed class PreferencesTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_muted_goes_into_the_archive_without_a_word(bool postgres)
    {
        await using var service = await Service.StartAsync(postgres ? await shared.CreateDatabaseAsync(Cancelled) : null, Cancelled);
        using var client = new InboxClient(service, "user-1");
        await using var stream = service.Open("user-1", "?since=latest");
        await stream.NextAsync(StreamEvents.CaughtUp);

        using (var put = await client.SendAsync(HttpMethod.Put, "/v1/preferences", """{"muted":["job.*"],"quiet":{"from":"22:00","to":"07:00","zone":"Europe/Berlin"}}"""))
        {
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        }

        await service.PublishAsync([Service.Event("user-1", type: "job.posted"), Service.Event("user-1", type: "follower.new")], Cancelled);

        Assert.Equal((2, 0), (await stream.NextAsync(StreamEvents.Notification)).Notification is var n ? (n.Seq, n.Prev) : default);
        Assert.Equal(
            """{"change":"muted","seqs":[1],"state_version":1,"counts":{"unread":1,"unseen":1,"total":1}}""", (await stream.NextAsync(StreamEvents.State)).Data);
        Assert.Equal(2, Assert.Single(InboxClient.SeqsOf(await client.GetPageAsync())));
        Assert.Equal(1, Assert.Single(InboxClient.SeqsOf(await client.GetPageAsync("?filter=archived"))));
        using var got = await client.SendAsync(HttpMethod.Get, "/v1/preferences");
        Assert.Equal(
            """{"muted":["job.*"],"muted_webhooks":[],"quiet":{"from":"22:00","to":"07:00","zone":"Europe/Berlin","high_passes":false}}""",
            await got.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Whoever_has_said_nothing_is_told_of_everything_and_what_makes_no_sense_is_refused()
    {
        await using var service = await Service.StartAsync(null, Cancelled);
        using var client = new InboxClient(service, "user-1");
        using var nothing = await client.SendAsync(HttpMethod.Get, "/v1/preferences");
        Assert.Equal("""{"muted":[],"muted_webhooks":[]}""", await nothing.Content.ReadAsStringAsync(Cancelled));

        foreach (var (body, type) in ((string, string)[])
        [
            ("nothing", ProblemTypes.Malformed),
            ("null", ProblemTypes.Malformed),
            ("[]", ProblemTypes.Malformed),
            ("""{"muted":"job.*"}""", ProblemTypes.Malformed),
            ("""{"muted":[null]}""", ProblemTypes.InvalidField),
            ("""{"muted":[""]}""", ProblemTypes.InvalidField),
            ("""{"muted":["*.new"]}""", ProblemTypes.InvalidField),
            ($$"""{"muted_webhooks":[{{string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"t{i}\""))}}]}""", ProblemTypes.InvalidField),
            ("""{"quiet":{"from":"22:00","to":"07:00","zone":"Middle/Earth"}}""", ProblemTypes.InvalidField),
            ("""{"quiet":{"from":"22:00","to":"25:00","zone":"Etc/UTC"}}""", ProblemTypes.InvalidField),
            ("""{"quiet":{"from":"22:00","to":"22:00","zone":"Etc/UTC"}}""", ProblemTypes.InvalidField),
        ])
        {
            using var refused = await client.SendAsync(HttpMethod.Put, "/v1/preferences", body);
            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, $"{body}: {refused.StatusCode}");
            using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Cancelled));
            Assert.Equal(type, problem.RootElement.GetProperty("type").GetString());
        }
    }
}
