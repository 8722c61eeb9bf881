using Belfry.Servers;
using Belfry.SystemTests.Mailboxes;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>The whole server, killed between the look and the answer of the endpoint.</summary>
public sealed class WebhookKillTests(SharedPostgres postgres)
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_one_task_and_comes_again_with_its_id_when_the_server_was_killed_over_it()
    {
        var database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        await using var receiver = await Receiver.StartAsync(Cancelled);
        receiver.Answer = (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        await using var service = await Service.StartAsync(
            database.ConnectionString,
            Cancelled,
            ("Belfry__Webhooks__mail__Url", receiver.Url.ToString()),
            ("Belfry__Webhooks__mail__Secret", Secret),
            ("Belfry__Webhooks__mail__After", "30s"),
            ("Belfry__Webhooks__mail__AllowPrivate", "true"),
            ("Belfry__Work__Lease", "1s"),
            ("Belfry__Work__ReclaimInterval", "100ms"));
        await Eventually.HoldsAsync(
            "the endpoint has begun", async ct => await database.ReadNumberAsync("SELECT count(*) FROM belfry.webhook_endpoints", ct) == 1, Patience, Cancelled);
        await service.PublishAsync([Service.Event("ann")], Cancelled);
        await database.PassTimeAsync(TimeSpan.FromSeconds(31), Cancelled);
        await receiver.HasAsync(1, Cancelled);

        await service.Process.KillAsync();
        Assert.Equal(1, await database.ReadNumberAsync("SELECT count(*) FROM belfry.tasks WHERE kind = 'webhook:mail'", Cancelled));
        receiver.Answer = (_, _) => Task.CompletedTask;
        await service.Process.StartAgainAsync(ct: Cancelled);
        await receiver.HasAsync(2, Cancelled);
        await Eventually.HoldsAsync("the task is done", async ct => await database.ReadNumberAsync("SELECT count(*) FROM belfry.tasks", ct) == 0, Patience, Cancelled);

        Assert.Single(receiver.All.Select(r => r.Id).Distinct());
        Assert.All(receiver.All, r => Assert.True(r.IsSignedWith(Secret)));
        Assert.Equal(0, await database.ReadNumberAsync("SELECT count(*) FROM belfry.dead_tasks", Cancelled));

        // A stop over it is no failure, and ends in time.
        receiver.Answer = (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        await service.PublishAsync([Service.Event("bob")], Cancelled);
        await database.PassTimeAsync(TimeSpan.FromSeconds(31), Cancelled);
        await receiver.HasAsync(3, Cancelled);
        Assert.Equal(0, (await service.Process.TerminateAsync(Patience, Cancelled)).ExitCode);
        Assert.Equal(1, await database.ReadNumberAsync("SELECT count(*) FROM belfry.tasks WHERE lease_until IS NULL AND attempts = 0", Cancelled));
        Assert.DoesNotContain("whsec_", service.Process.ReadLog(), StringComparison.Ordinal);
    }
}
