using System.Globalization;
using Belfry.Mailboxes;
using Microsoft.Data.Sqlite;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The contract, held by SQLite.</summary>
public sealed class SqliteStoreTests : MailboxStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override Task PrepareAsync() => Task.CompletedTask;

    private protected override ValueTask CleanUpAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override IMailboxStore CreateStore() => _file.CreateStore();

    private protected override Task PassTimeAsync(TimeSpan time)
    {
        _file.PassTime(time);
        return Task.CompletedTask;
    }

    /// <summary>A backup of the database was taken, the log went on for one more start, and the backup is put back.</summary>
    private protected override async Task RestoreBackupAsync()
    {
        var backup = _file.Path + ".backup";
        File.Copy(_file.Path, backup);
        await OpenAsync();
        await AppendAsync(Events.Several("a", 2));
        await CloseAllAsync();
        File.Move(backup, _file.Path, overwrite: true);
    }

    private protected override Task ExecuteAsync(string sql) => ReadNumberAsync(sql);

    private protected override async Task<long> ReadNumberAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_file.Path};Pooling=False");
        await connection.OpenAsync(Cancelled);
        await using var command = connection.CreateCommand();
        command.CommandText = string.Format(CultureInfo.InvariantCulture, sql, "");
        return await command.ExecuteScalarAsync(Cancelled) is long number ? number : 0;
    }
}
