using System.Globalization;
using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.SystemTests.Mailboxes;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPgBouncer))]

namespace Belfry.SystemTests.Mailboxes;

/// <summary>The contract, held by PostgreSQL behind a pooler that gives each transaction another connection.</summary>
public sealed class PgBouncerStoreTests(SharedPostgres postgres, SharedPgBouncer pooler) : MailboxStoreContract
{
    private PostgresDatabase _database = null!;
    private string _pooled = "";

    private protected override async Task PrepareAsync()
    {
        _database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        _pooled = (await pooler.BouncerAsync(postgres)).ConnectionStringFor(_database.ConnectionString);
    }

    private protected override ValueTask CleanUpAsync() => ValueTask.CompletedTask;

    private protected override IMailboxStore CreateStore() => _database.CreateStore(pooler: _pooled);

    private protected override Task PassTimeAsync(TimeSpan time) => _database.PassTimeAsync(time, Cancelled);

    private protected override Task RestoreBackupAsync() =>
        _database.ExecuteAsync("UPDATE belfry.store SET timeline = '000000FF' WHERE timeline <> '000000FF'", Cancelled);

    private protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(Qualified(sql), Cancelled);

    private protected override Task<long> ReadNumberAsync(string sql) => _database.ReadNumberAsync($"SELECT ({Qualified(sql)})::bigint", Cancelled);

    private static string Qualified(string sql) => string.Format(CultureInfo.InvariantCulture, sql, "belfry.");
}

/// <summary>One PgBouncer for all tests before the PostgreSQL of all tests.</summary>
public sealed class SharedPgBouncer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<PgBouncer>? _bouncer;

    public async Task<PgBouncer> BouncerAsync(SharedPostgres postgres)
    {
        var server = await postgres.ServerAsync();
        lock (_gate) _bouncer ??= PgBouncer.StartAsync(server, poolSize: 4);
        return await Parts.RequireOrSkipAsync(() => _bouncer);
    }

    public async ValueTask DisposeAsync()
    {
        if (_bouncer is { IsCompletedSuccessfully: true }) await (await _bouncer).DisposeAsync();
    }
}
