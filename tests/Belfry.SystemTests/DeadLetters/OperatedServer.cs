using System.Net;
using System.Net.Http.Json;
using System.Text;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.DeadLetters;

/// <summary>A running server on either store, with an operator's ways to it: its admin listener, commands, and the store itself.</summary>
internal sealed class OperatedServer : IAsyncDisposable
{
    private readonly string? _database;
    private readonly HttpClient _http;

    private OperatedServer(Service service, string? database)
    {
        Service = service;
        _database = database;
        _http = new HttpClient { BaseAddress = new Uri(service.Process.AdminUrl, "/v1/admin/"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public Service Service { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string DataFolder => Path.Combine(Service.Process.Folder, "data");

    /// <param name="database">A connection string; null: SQLite.</param>
    public static async Task<OperatedServer> StartAsync(string? database, params (string Name, string Value)[] settings) =>
        new(await Service.StartAsync(database, Cancelled, settings), database);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null) => _http.SendAsync(
        new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") }, Cancelled);

    public async Task<DeadLetterPage> ListAsync() => (await _http.GetFromJsonAsync("deadletters", ContractsJson.Default.DeadLetterPage, Cancelled))!;

    /// <summary>Null: nothing is known of it.</summary>
    public async Task<EventTrace?> TraceAsync(string source, string id, string query = "")
    {
        using var answer = await SendAsync(HttpMethod.Get, $"events/{Uri.EscapeDataString(source)}/{Uri.EscapeDataString(id)}{query}");
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
        return await answer.Content.ReadFromJsonAsync(ContractsJson.Default.EventTrace, Cancelled);
    }

    /// <summary>Runs a command on the server's store.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => BelfryCommand.RunAsync(
        arguments,
        _database is null
            ? new Dictionary<string, string> { ["Belfry__DataFolder"] = DataFolder }
            : new Dictionary<string, string> { ["ConnectionStrings__Postgres"] = _database },
        ct: Cancelled);

    /// <summary>Uses the server's store beside it.</summary>
    public async Task UseStoreAsync(Func<StoreWorld, Task> use)
    {
        await using var world = _database is null
            ? await StoreWorld.OpenSqliteAsync(Path.Combine(DataFolder, "belfry.db"))
            : await StoreWorld.OpenPostgresAsync(_database);
        await use(world);
    }

    /// <summary>Records of news/0, with the key user-1, that could not be read once.</summary>
    public Task BuryRecordsAsync(params string[] values) => UseStoreAsync(async world =>
    {
        var partition = new PartitionKey("default", "group", "news", 0);
        await world.Mailboxes.ReadOffsetsAsync([partition], Cancelled);
        var letters = values.Select((value, n) => new NewDeadLetter(partition, n, "poison", "user-1"u8.ToArray(), Encoding.UTF8.GetBytes(value))).ToList();
        await world.Mailboxes.AppendAsync(new AppendBatch([], [new OffsetMove(partition, -1, values.Length)], letters), Cancelled);
    });

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Service.DisposeAsync();
    }
}
