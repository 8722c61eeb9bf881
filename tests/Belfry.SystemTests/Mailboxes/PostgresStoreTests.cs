using System.Globalization;
using Belfry.Mailboxes;

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The contract, held by PostgreSQL.</summary>
public sealed class PostgresStoreTests(SharedPostgres postgres) : MailboxStoreContract
{
    private PostgresDatabase _database = null!;

    private protected override async Task PrepareAsync() => _database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));

    private protected override ValueTask CleanUpAsync() => ValueTask.CompletedTask;

    private protected override IMailboxStore CreateStore() => _database.CreateStore();

    private protected override Task PassTimeAsync(TimeSpan time) => _database.PassTimeAsync(time, Cancelled);

    /// <summary>Recovery from a backup ends on a new timeline; so the stored one is not the server's.</summary>
    private protected override Task RestoreBackupAsync() =>
        _database.ExecuteAsync("UPDATE belfry.store SET timeline = '000000FF' WHERE timeline <> '000000FF'", Cancelled);

    private protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(Qualified(sql), Cancelled);

    private protected override Task<long> ReadNumberAsync(string sql) =>
        _database.ReadNumberAsync($"SELECT ({Qualified(sql)})::bigint", Cancelled);

    private static string Qualified(string sql) => string.Format(CultureInfo.InvariantCulture, sql, "belfry.");
}
