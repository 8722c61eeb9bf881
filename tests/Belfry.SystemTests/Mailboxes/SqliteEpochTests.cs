using Belfry.Mailboxes;
using Belfry.Mailboxes.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The counter in the file and beside it: what is a restore, and what only looks like one.</summary>
public sealed class SqliteEpochTests : IDisposable
{
    private readonly SqliteFile _file = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, true)]
    [InlineData(-2, false)]
    [InlineData(-7, false)]
    [InlineData(+1, false)]
    [InlineData(+7, false)]
    public async Task Only_a_crash_between_the_two_writes_may_leave_the_counters_apart(int beside, bool same)
    {
        var epoch = "";
        for (var i = 0; i < 10; i++) epoch = await EpochOfAStartAsync();
        await MoveBesideAsync(beside);

        var next = await EpochOfAStartAsync();

        Assert.Equal(same, epoch == next);
        Assert.Equal(next, await EpochOfAStartAsync());
    }

    [Fact]
    public async Task Crashes_between_the_two_writes_do_not_add_up()
    {
        var epoch = await EpochOfAStartAsync();
        for (var i = 0; i < 5; i++)
        {
            await MoveBesideAsync(-1);
            Assert.Equal(epoch, await EpochOfAStartAsync());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a number")]
    [InlineData(null)]
    public async Task Without_a_counter_beside_it_the_database_has_a_new_epoch(string? content)
    {
        var epoch = await EpochOfAStartAsync();
        if (content is null) File.Delete(_file.Beside);
        else await File.WriteAllTextAsync(_file.Beside, content, Cancelled);

        var renewed = await EpochOfAStartAsync();

        Assert.NotEqual(epoch, renewed);
        Assert.Equal(renewed, await EpochOfAStartAsync());
    }

    [Fact]
    public async Task A_database_that_is_gone_begins_a_new_epoch()
    {
        var epoch = await EpochOfAStartAsync();
        File.Delete(_file.Path);

        Assert.NotEqual(epoch, await EpochOfAStartAsync());
    }

    [Fact]
    public async Task A_backup_from_before_the_log_grew_is_noticed_without_a_restart_in_between()
    {
        await using var store = await StartAsync();
        Backup(_file.Path, _file.Path + ".backup");
        _file.PassTime(TimeSpan.FromSeconds(11));
        await store.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);

        Assert.NotEqual(store.Epoch, await EpochAfterACrashAsync(_file.Path + ".backup"));
    }

    [Fact]
    public async Task What_was_stored_last_is_covered_soon_also_when_nothing_follows()
    {
        await using var store = await StartAsync();
        _file.PassTime(TimeSpan.FromSeconds(11));
        await store.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);
        Backup(_file.Path, _file.Path + ".backup");
        await store.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);
        Assert.Equal(store.Epoch, await EpochAfterACrashAsync(_file.Path + ".backup"));

        _file.PassTime(TimeSpan.FromSeconds(11));
        await store.PingAsync(Cancelled);

        Assert.NotEqual(store.Epoch, await EpochAfterACrashAsync(_file.Path + ".backup"));
    }

    [Fact]
    public async Task A_log_that_does_not_grow_leaves_the_counter_alone()
    {
        await using var store = await StartAsync();
        var before = await File.ReadAllTextAsync(_file.Beside, Cancelled);

        for (var i = 0; i < 5; i++)
        {
            _file.PassTime(TimeSpan.FromSeconds(60));
            await store.PingAsync(Cancelled);
            await store.MoveDeliveredAsync([new Delivered("a", i)], Cancelled);
        }

        Assert.Equal(before, await File.ReadAllTextAsync(_file.Beside, Cancelled));
    }

    [Fact]
    public async Task A_backup_restored_into_the_running_store_changes_the_epoch_before_the_next_append()
    {
        await using var store = await StartAsync();
        Backup(_file.Path, _file.Path + ".backup");
        _file.PassTime(TimeSpan.FromSeconds(11));
        await store.AppendAsync(AppendBatch.Of(Events.Several("a", 3)), Cancelled);
        var (epoch, changes) = (store.Epoch, 0);
        store.EpochChanged += () => changes++;

        Backup(_file.Path + ".backup", _file.Path);
        var result = await store.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);

        Assert.Equal(1, Assert.Single(Assert.IsType<AppendResult.Stored>(result).Answers).Seq);
        Assert.NotEqual(epoch, store.Epoch);
        Assert.Equal(1, changes);
        await store.PingAsync(Cancelled);
        Assert.Equal(1, changes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_running_store_notices_a_restore_even_when_the_counter_beside_was_restored_too(bool ping)
    {
        await using var store = await StartAsync();
        Backup(_file.Path, _file.Path + ".backup");
        File.Copy(_file.Beside, _file.Beside + ".backup");
        _file.PassTime(TimeSpan.FromSeconds(11));
        await store.AppendAsync(AppendBatch.Of(Events.Several("a", 3)), Cancelled);
        var epoch = store.Epoch;

        Backup(_file.Path + ".backup", _file.Path);
        File.Move(_file.Beside + ".backup", _file.Beside, overwrite: true);
        if (ping)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PingAsync(Cancelled));
            await store.OpenAsync(Cancelled);
        }

        await store.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);
        Assert.NotEqual(epoch, store.Epoch);
    }

    [Fact]
    public async Task An_epoch_that_another_process_has_renewed_is_noticed_by_a_ping()
    {
        await using var store = await StartAsync();
        var changes = 0;
        store.EpochChanged += () => changes++;
        string renewed;
        await using (var other = await StartAsync()) renewed = await other.RenewEpochAsync(Cancelled);

        await store.PingAsync(Cancelled);

        Assert.Equal(renewed, store.Epoch);
        Assert.Equal(1, changes);
    }

    [Fact]
    public async Task Two_processes_that_both_write_keep_one_epoch()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            _file.PassTime(TimeSpan.FromSeconds(7));
            await one.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);
            await other.AppendAsync(AppendBatch.Of(Events.Several("a", 1)), Cancelled);
        }

        await one.PingAsync(Cancelled);
        await other.PingAsync(Cancelled);
        Assert.Equal(one.Epoch, other.Epoch);
        Assert.Equal(one.Epoch, await EpochOfAStartAsync());
    }

    private async Task<SqliteMailboxStore> StartAsync(string? path = null)
    {
        var store = _file.CreateStore(path ?? _file.Path);
        await store.OpenAsync(Cancelled);
        return store;
    }

    private async Task<string> EpochOfAStartAsync(string? path = null)
    {
        await using var store = await StartAsync(path);
        return store.Epoch;
    }

    private async Task MoveBesideAsync(int by)
    {
        var counter = long.Parse(await File.ReadAllTextAsync(_file.Beside, Cancelled), null);
        await File.WriteAllTextAsync(_file.Beside, $"{counter + by}\n", Cancelled);
    }

    /// <summary>The process is gone without a last word, its database is replaced by the backup; in a place of its own, so that the store may stay open.</summary>
    private async Task<string> EpochAfterACrashAsync(string backup)
    {
        var place = Path.Combine(_file.Folder, $"after-{Guid.NewGuid():N}.db");
        File.Copy(backup, place);
        File.Copy(_file.Beside, place + ".epoch");
        return await EpochOfAStartAsync(place);
    }

    /// <summary>As the shell's <c>.backup</c> and <c>.restore</c> do it, beside whoever has the files open.</summary>
    private static void Backup(string from, string to)
    {
        using var source = new SqliteConnection($"Data Source={from};Pooling=False");
        using var target = new SqliteConnection($"Data Source={to};Pooling=False");
        source.Open();
        target.Open();
        source.BackupDatabase(target);
    }
}
