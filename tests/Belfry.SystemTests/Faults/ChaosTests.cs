using System.Text.Json;
using Belfry.Servers;
using Xunit;

namespace Belfry.SystemTests.Faults;

/// <summary>A short run of the bench's fault suite: three instances, one PostgreSQL, one Kafka, and what befalls them in less than a minute.</summary>
public sealed class ChaosTests(SharedPostgres postgres, SharedKafka kafka)
{
    private const int Broken = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_promise_holds_while_instances_PostgreSQL_and_Kafka_are_killed_frozen_and_cut_off()
    {
        // It starts its own; these say whether the machine has the parts.
        await postgres.CreateDatabaseAsync(Cancelled);
        await kafka.BrokerAsync();
        using var folder = TemporaryFolder.Create("chaos");
        var json = folder.Combine("chaos.json");

        var run = await BenchCommand.RunAsync(
            ["run", "chaos", "--minutes", "0.75", "--seed", "1", "--rate", "200", "--users", "200", "--connections", "100", "--json", json, "--logs", folder.Combine("logs")],
            Patience,
            Cancelled);

        Assert.True(run.ExitCode == 0, $"{run.Output}{run.Errors}");
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json, Cancelled));
        var root = report.RootElement;
        Assert.True(root.GetProperty("held").GetBoolean());
        Assert.NotEmpty(root.GetProperty("faults").EnumerateObject());
        Assert.True(root.GetProperty("acknowledged").GetInt64() > 0);
        Assert.Equal(root.GetProperty("due").GetInt64(), root.GetProperty("received").GetInt64());
        Assert.Equal(root.GetProperty("kafka_end").GetInt64(), root.GetProperty("kafka_stored").GetInt64());
        Assert.True(File.Exists(folder.Combine("logs/instance-0.log")));
    }

    [Fact]
    public async Task A_run_that_breaks_a_promise_says_so_with_its_exit_code()
    {
        await postgres.CreateDatabaseAsync(Cancelled);
        await kafka.BrokerAsync();
        using var folder = TemporaryFolder.Create("chaos");

        // Another key than the publishers have: nothing can be published by HTTP.
        var run = await BenchCommand.RunAsync(
            ["run", "chaos", "--minutes", "0.1", "--seed", "1", "--rate", "20", "--users", "5", "--connections", "5", "--set", "Belfry__Auth__ApiKeys__bench=sha256:" + new string('0', 64), "--logs", folder.Combine("logs")],
            Patience,
            Cancelled);

        Assert.Equal(Broken, run.ExitCode);
        Assert.Contains("NOT EVERY PROMISE HELD", run.Output, StringComparison.Ordinal);
        Assert.Contains("refused: ", run.Output, StringComparison.Ordinal);
    }
}
