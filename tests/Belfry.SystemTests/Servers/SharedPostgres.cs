using Belfry.Servers;
using Belfry.SystemTests;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Belfry.SystemTests;

/// <summary>
/// One PostgreSQL for all tests, started when the first one asks. Each test class makes a database of its own in it; who wants
/// to stop or kill the server starts one of his own.
/// </summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());
    private int _databases;

    /// <summary>The running server; skips the test where PostgreSQL is not installed, fails it in CI.</summary>
    public Task<PostgresServer> ServerAsync() => Parts.RequireOrSkipAsync(() => _server.Value);

    /// <summary>Makes an empty database that nobody else uses, and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken ct)
    {
        var server = await ServerAsync();
        return await server.CreateDatabaseAsync($"test_{Interlocked.Increment(ref _databases)}", ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _server.Value).DisposeAsync();
    }
}
