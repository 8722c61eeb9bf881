using Belfry.Mailboxes;
using Belfry.Mailboxes.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The file under the store: crashes, locks, damage.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly SqliteFile _file = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task What_was_answered_is_there_after_a_crash_at_that_moment()
    {
        await using var store = await StartAsync();
        for (var batch = 1; batch <= 5; batch++)
        {
            await AppendAsync(store, "a", 10);
            // What the operating system has of the files is what a killed process leaves behind.
            var image = Path.Combine(_file.Folder, $"crash-{batch}.db");
            foreach (var end in (string[])["", "-wal", ".epoch"]) File.Copy(_file.Path + end, image + end);

            await using var survivor = await StartAsync(image);
            Assert.Equal(batch * 10, (await survivor.ReadHeadAsync("a", Cancelled)).LastSeq);
            Assert.Equal(store.Epoch, survivor.Epoch);
        }
    }

    [Fact]
    public async Task A_half_written_batch_is_gone_after_a_crash_and_its_seqs_are_given_again()
    {
        await using var store = await StartAsync();
        await AppendAsync(store, "a", 10);
        var whole = new FileInfo(_file.Path + "-wal").Length;
        await AppendAsync(store, "a", 10);

        var image = Path.Combine(_file.Folder, "crash.db");
        foreach (var end in (string[])["", "-wal", ".epoch"]) File.Copy(_file.Path + end, image + end);
        await using (var log = new FileStream(image + "-wal", FileMode.Open)) log.SetLength(log.Length - ((log.Length - whole) / 2));

        await using var survivor = await StartAsync(image);
        Assert.Equal(10, (await survivor.ReadHeadAsync("a", Cancelled)).LastSeq);
        Assert.Equal(11, await AppendAsync(survivor, "a", 1));
    }

    [Fact]
    public async Task A_file_that_another_program_has_locked_is_unavailable_and_comes_back_by_itself()
    {
        await using var store = _file.CreateStore(lockTimeout: TimeSpan.FromMilliseconds(100));
        await store.OpenAsync(Cancelled);
        await AppendAsync(store, "a", 1);

        await using (var other = new SqliteConnection($"Data Source={_file.Path};Pooling=False"))
        {
            await other.OpenAsync(Cancelled);
            await using var transaction = other.BeginTransaction(deferred: false);
            await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(store, "a", 1));
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PingAsync(Cancelled));
            Assert.Equal(1, (await store.ReadHeadAsync("a", Cancelled)).LastSeq);
        }

        await store.PingAsync(Cancelled);
        Assert.Equal(2, await AppendAsync(store, "a", 1));
    }

    [Fact]
    public async Task A_file_that_was_taken_away_is_noticed_by_a_ping_and_nothing_is_acknowledged_into_it_any_more()
    {
        await using var store = await StartAsync();
        await AppendAsync(store, "a", 3);
        var epoch = store.Epoch;
        File.Move(_file.Path, _file.Path + ".away");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PingAsync(Cancelled));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(store, "a", 1));
        foreach (var end in (string[])["-wal", "-shm"]) File.Delete(_file.Path + end);
        await store.OpenAsync(Cancelled);

        Assert.NotEqual(epoch, store.Epoch);
        Assert.Equal(1, await AppendAsync(store, "a", 1));
    }

    [Fact]
    public async Task A_damaged_file_is_unavailable_and_nothing_else()
    {
        await using (var store = await StartAsync()) await AppendAsync(store, "a", 3);
        await File.WriteAllTextAsync(_file.Path, new string('x', 8192), Cancelled);

        await using var damaged = _file.CreateStore();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => damaged.OpenAsync(Cancelled));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => damaged.PingAsync(Cancelled));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => damaged.ReadHeadAsync("a", Cancelled));
    }

    [Fact]
    public async Task A_store_that_was_never_opened_is_unavailable()
    {
        await using var store = _file.CreateStore();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(store, "a", 1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadHeadAsync("a", Cancelled));
    }

    [Fact]
    public async Task A_counter_that_cannot_be_written_makes_the_store_unavailable_until_it_can()
    {
        await using var store = await StartAsync();
        // A folder stands where the file would be written.
        Directory.CreateDirectory(_file.Beside + ".new");
        _file.PassTime(TimeSpan.FromSeconds(11));

        Assert.Equal(1, await AppendAsync(store, "a", 1));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PingAsync(Cancelled));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.OpenAsync(Cancelled));
        Assert.Equal(1, (await store.ReadHeadAsync("a", Cancelled)).LastSeq);
        var epoch = store.Epoch;
        Directory.Delete(_file.Beside + ".new");
        await store.OpenAsync(Cancelled);
        Assert.Equal(2, await AppendAsync(store, "a", 1));
        Assert.Equal(epoch, store.Epoch);
    }

    [Fact]
    public async Task Its_folder_is_made_and_nothing_is_written_beside_it()
    {
        var path = Path.Combine(_file.Folder, "deep", "er", "mailboxes.db");
        await using (var store = await StartAsync(path)) await AppendAsync(store, "a", 1);

        Assert.Equal(["mailboxes.db", "mailboxes.db.epoch"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task What_is_stored_can_be_read_with_sqlite_s_own_json_functions()
    {
        await using var store = await StartAsync();
        await store.AppendAsync(AppendBatch.Of([Events.New("a", payload: """{"title":"Ingenieur für Öl"}""")]), Cancelled);

        await using var shell = new SqliteConnection($"Data Source={_file.Path};Pooling=False");
        await shell.OpenAsync(Cancelled);
        await using var command = shell.CreateCommand();
        command.CommandText = "SELECT payload ->> 'title' FROM notifications WHERE user_id = 'a'";
        Assert.Equal("Ingenieur für Öl", await command.ExecuteScalarAsync(Cancelled));
    }

    private async Task<SqliteMailboxStore> StartAsync(string? path = null)
    {
        var store = _file.CreateStore(path ?? _file.Path);
        await store.OpenAsync(Cancelled);
        return store;
    }

    /// <summary>Appends some for one user, and returns the last seq.</summary>
    private static async Task<long> AppendAsync(SqliteMailboxStore store, string userId, int count)
    {
        var result = await store.AppendAsync(AppendBatch.Of(Events.Several(userId, count)), Cancelled);
        return Assert.IsType<AppendResult.Stored>(result).Answers[^1].Seq;
    }
}
