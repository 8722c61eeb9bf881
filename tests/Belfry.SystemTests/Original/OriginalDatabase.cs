using System.Text;
using Belfry.Original;
using Belfry.Original.Table;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Original;

/// <summary>The original's table in a database of its own, and a look into it from outside.</summary>
internal sealed class OriginalDatabase : IAsyncDisposable
{
    private OriginalDatabase(string connectionString, bool asPublished)
    {
        ConnectionString = connectionString;
        Source = TableConnections.Open(connectionString, new OriginalOptions());
        Table = new NotificationTable(Source, asPublished);
    }

    public string ConnectionString { get; }

    public NotificationTable Table { get; }

    private NpgsqlDataSource Source { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<OriginalDatabase> CreateAsync(SharedPostgres shared, bool asPublished)
    {
        var database = new OriginalDatabase(await shared.CreateDatabaseAsync(Cancelled), asPublished);
        await database.Table.CreateAsync(Cancelled);
        return database;
    }

    public static NotificationRow Row(string user = "user-1", string priority = "MEDIUM", string payload = "{}", Guid? id = null)
    {
        var time = new DateTime(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc);
        return new NotificationRow(id ?? Guid.CreateVersion7(), user, "job.posted", priority, time, time.AddMilliseconds(3), Encoding.UTF8.GetBytes(payload));
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Cancelled);
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    public Task<long> CountAsync(string where) => ReadAsync<long>($"SELECT count(*) FROM notifications WHERE {where}");

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
