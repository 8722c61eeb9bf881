using System.Net;
using Belfry.Contracts;
using Belfry.Servers;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Ingest;

public sealed class PublishWhileAwayTests(SharedPostgres postgres)
{
    private const string Event = """{"id":"e-1","user_id":"u","event_type":"t"}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_store_is_away_the_answer_is_503_and_nothing_is_stored_later()
    {
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        await using var proxy = FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port);
        await using var server = await StartAsync(database, proxy);
        await server.OpenedAsync();

        proxy.Refuse();
        proxy.Cut();
        // The first one's batch is in flight when it gives up; the second one's waits behind it and is taken back.
        using var first = await server.PublishAsync("""{"id":"e-0","user_id":"u","event_type":"t"}""");
        using var away = await server.PublishAsync(Event);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.True(away.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal(ProblemTypes.StoreUnavailable, (await TestServer.ReadAsync(away)).GetProperty("type").GetString());

        proxy.Accept();
        await Eventually.HoldsAsync("publishing works again", async _ =>
        {
            using var back = await server.PublishAsync("""{"id":"e-2","user_id":"u","event_type":"t"}""");
            return back.StatusCode == HttpStatusCode.Accepted;
        }, TestServer.Patience, Cancelled);
        Assert.Equal(0L, await server.QueryAsync("SELECT count(*) FROM belfry.notifications WHERE event_id = 'e-1'"));
    }

    [Fact]
    public async Task An_append_whose_answer_was_lost_is_answered_as_the_first_one()
    {
        var database = await postgres.CreateDatabaseAsync(Cancelled);
        await using var proxy = FaultProxy.Start(new NpgsqlConnectionStringBuilder(database).Port);
        await using var server = await StartAsync(database, proxy);
        await server.OpenedAsync();
        using var warm = await server.PublishAsync("""{"id":"e-0","user_id":"u","event_type":"t"}""");

        var lost = proxy.LoseAnswerAsync("e-1"u8, "SELECT"u8);
        using var answer = await server.PublishAsync(Event);
        await lost.WaitAsync(TestServer.Patience, TimeProvider.System, Cancelled);

        var accepted = Assert.Single((await TestServer.ReadAsync(answer)).GetProperty("accepted").EnumerateArray());
        Assert.Equal(2, accepted.GetProperty("seq").GetInt64());
        Assert.False(accepted.GetProperty("duplicate").GetBoolean());
        Assert.Equal(2L, await server.QueryAsync("SELECT count(*) FROM belfry.notifications"));
    }

    [Fact]
    public async Task A_server_that_shuts_down_answers_503()
    {
        await using var server = await TestServer.StartAsync(await postgres.CreateDatabaseAsync(Cancelled));
        await server.OpenedAsync();

        var lifetime = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions
            .GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>(server.Services);
        lifetime.StopApplication();
        using var answer = await server.PublishAsync(Event);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(ProblemTypes.Draining, (await TestServer.ReadAsync(answer)).GetProperty("type").GetString());
        await server.StopAsync();
    }

    private static Task<TestServer> StartAsync(string database, FaultProxy proxy) => TestServer.StartAsync(
        database,
        ("ConnectionStrings__Postgres", new NpgsqlConnectionStringBuilder(database) { Port = proxy.Port }.ConnectionString),
        ("Belfry__Ingest__PublishTimeout", "3s"),
        ("Belfry__Ingest__Lanes", "1"));
}
