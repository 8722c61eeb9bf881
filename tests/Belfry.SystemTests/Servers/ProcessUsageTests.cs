using Belfry.Servers;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class ProcessUsageTests(SharedPostgres shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_work_of_a_session_that_has_ended_stays_in_its_servers_account()
    {
        var server = await shared.ServerAsync();
        var database = await shared.CreateDatabaseAsync(Cancelled);
        var before = ProcessUsage.OfTree(server.Pid);

        var backend = await WorkAndLeaveAsync(database);
        await Eventually.HoldsAsync("the session's process is gone", () => ProcessUsage.Of(backend) == default, TimeSpan.FromSeconds(30), Cancelled);
        var after = ProcessUsage.OfTree(server.Pid);

        Assert.True(after.Cpu - before.Cpu >= TimeSpan.FromMilliseconds(100), $"{after.Cpu - before.Cpu} of CPU were counted.");
        Assert.True(ProcessUsage.Of(server.Pid).Cpu < after.Cpu);
        Assert.True(after.ProportionalBytes < after.ResidentBytes, "Backends share memory.");
    }

    [Fact]
    public void A_process_that_does_not_live_uses_nothing() => Assert.Equal(default, ProcessUsage.Of(int.MaxValue));

    private static async Task<int> WorkAndLeaveAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync(Cancelled);
        await using var work = new NpgsqlCommand(
            "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1 second' LOOP PERFORM sqrt(2); END LOOP; END $$", connection);
        await work.ExecuteNonQueryAsync(Cancelled);
        return connection.ProcessID;
    }
}
