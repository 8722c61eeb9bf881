using Belfry.Mailboxes;
using Belfry.Mailboxes.Postgres;
using Belfry.Servers;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The epoch and its witnesses, with servers that really crash, are restored, or take another one's data.</summary>
public sealed class PostgresEpochTests : IAsyncLifetime
{
    // Consulted only in a recovery from a backup: there is no archive, so it ends with what the backup itself has.
    private static readonly Dictionary<string, string> NoArchive = new() { ["restore_command"] = "false" };

    private PostgresServer _server = null!;
    private PostgresDatabase _database = null!;
    private PostgresMailboxStore _store = null!;
    private int _changes;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(NoArchive, Cancelled));
        _database = new PostgresDatabase(await _server.CreateDatabaseAsync("belfry", Cancelled));
        _store = _database.CreateStore();
        await _store.OpenAsync(Cancelled);
        _store.EpochChanged += () => _changes++;
        await AppendAsync(_store, 3);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_crashes_or_restarts_keeps_its_epoch()
    {
        var epoch = _store.Epoch;
        await _server.KillAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(_store, 1));
        await _server.StartAgainAsync(Cancelled);
        await BackAsync();
        Assert.Equal(4, await AppendAsync(_store, 1));

        await _server.StopAsync(Cancelled);
        await _server.StartAgainAsync(Cancelled);
        await BackAsync();

        Assert.Equal(5, await AppendAsync(_store, 1));
        Assert.Equal(epoch, _store.Epoch);
        Assert.Equal(0, _changes);
    }

    [Fact]
    public async Task A_backup_restored_under_a_running_store_changes_the_epoch_before_the_next_append()
    {
        var epoch = _store.Epoch;
        await _server.StopAsync(Cancelled);
        var backup = _server.DataFolder + ".backup";
        await Command.RunAsync(["cp", "-a", _server.DataFolder, backup], Cancelled);
        await _server.StartAgainAsync(Cancelled);
        await BackAsync();
        Assert.Equal(5, await AppendAsync(_store, 2));

        await _server.StopAsync(Cancelled);
        Directory.Delete(_server.DataFolder, recursive: true);
        await Command.RunAsync(["cp", "-a", backup, _server.DataFolder], Cancelled);
        await Command.RunAsync(["cp", "-a", Path.Combine(backup, "PG_VERSION"), Path.Combine(_server.DataFolder, "recovery.signal")], Cancelled);
        await _server.StartAgainAsync(Cancelled);
        await RecoveredAsync();
        await BackAsync();

        Assert.Equal(4, await AppendAsync(_store, 1));
        Assert.NotEqual(epoch, _store.Epoch);
        Assert.Equal(1, _changes);
        await using var other = _database.CreateStore();
        await other.OpenAsync(Cancelled);
        Assert.Equal(_store.Epoch, other.Epoch);
    }

    /// <summary>The store answers again; the connections of before are dead, and each costs one failure.</summary>
    private Task BackAsync() =>
        Eventually.HoldsAsync(
            "the store answers",
            async ct =>
            {
                try
                {
                    await _store.PingAsync(ct);
                    return true;
                }
                catch (StoreUnavailableException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(30),
            Cancelled);

    private Task RecoveredAsync() =>
        Eventually.HoldsAsync(
            "the recovery has ended",
            async ct =>
            {
                await using var connection = await _database.ConnectAsync(ct);
                await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
                return await command.ExecuteScalarAsync(ct) is false;
            },
            TimeSpan.FromSeconds(60),
            Cancelled);

    /// <summary>Appends some for one user, and returns the last seq.</summary>
    private static async Task<long> AppendAsync(PostgresMailboxStore store, int count)
    {
        var result = await store.AppendAsync(AppendBatch.Of(Events.Several("a", count)), Cancelled);
        return Assert.IsType<AppendResult.Stored>(result).Answers[^1].Seq;
    }
}
