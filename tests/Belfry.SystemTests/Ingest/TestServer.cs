using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Belfry.Hosting;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Listeners;
using Belfry.Mailboxes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Ingest;

/// <summary>The whole server in this process, on free ports, with a publisher's key and a database that a test can look into.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string KeyName = "job-service";

    private const string ApiKey = "bk_publisher";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly NpgsqlDataSource _database;

    private TestServer(WebApplication app, string database, TestLog log)
    {
        Log = log;
        _app = app;
        _database = NpgsqlDataSource.Create(database);
        Client = new HttpClient { BaseAddress = app.Services.GetRequiredService<BoundListeners>().Public, Timeout = Patience };
        Client.DefaultRequestHeaders.Add(ApiKeyHandler.Header, ApiKey);
    }

    public HttpClient Client { get; }

    public TestLog Log { get; }

    public IServiceProvider Services => _app.Services;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="database">A connection string to look into the database with.</param>
    /// <param name="settings">Environment variables; <c>ConnectionStrings__Postgres</c> where the server itself is to go another way.</param>
    public static async Task<TestServer> StartAsync(string database, params (string Key, string Value)[] settings)
    {
        var environment = new Dictionary<string, string?>
        {
            ["Belfry__Http__Urls"] = "http://127.0.0.1:0",
            ["Belfry__Admin__Urls"] = "http://127.0.0.1:0",
            ["Belfry__DataFolder"] = Path.Combine(Path.GetTempPath(), "belfry-tests-unused"),
            ["Belfry__Auth__Secret"] = "a-secret-of-more-than-thirty-two-bytes",
            [$"Belfry__Auth__ApiKeys__{KeyName}"] = KeyHash.Format(ApiKey),
            ["Belfry__Postgres__ConnectTimeout"] = "2s",
            ["ConnectionStrings__Postgres"] = database,
        };
        foreach (var (key, value) in settings) environment[key] = value;

        var builder = BelfryHost.CreateChecked(new HostArguments { Environment = environment });
        var log = new TestLog();
        builder.Logging.ClearProviders().AddProvider(log).AddFilter("Belfry", LogLevel.Debug);
        var app = BelfryHost.Build(builder);
        await BelfryHost.StartAsync(app, Cancelled);
        return new TestServer(app, database, log);
    }

    /// <summary>Waits until the store has been opened.</summary>
    public Task OpenedAsync() => Services.GetRequiredService<StoreMonitor>().Opened.WaitAsync(Patience, TimeProvider.System, Cancelled);

    public Task<HttpResponseMessage> PublishAsync(string json, string mediaType = "application/json", params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = content };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return Client.SendAsync(request, Cancelled);
    }

    public static Task<JsonElement> ReadAsync(HttpResponseMessage answer) => answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);

    /// <summary>The first column of the first row.</summary>
    public async Task<object?> QueryAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancelled);
    }

    public Task StopAsync() => _app.StopAsync().WaitAsync(Patience, TimeProvider.System, Cancelled);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _database.DisposeAsync();
        await StopAsync();
        await _app.DisposeAsync();
    }
}
