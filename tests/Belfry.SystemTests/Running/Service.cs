using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Belfry.Contracts;
using Belfry.Servers;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.SystemTests.Running;

/// <summary>A running server with one publisher's key, and what a test needs to talk to it.</summary>
internal sealed class Service : IAsyncDisposable
{
    /// <summary>The publisher's.</summary>
    public const string ApiKey = "a key of the tests";

    private const string Secret = "a secret of the tests, long enough to sign";

    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(20) };

    private Service(BelfryProcess process) => Process = process;

    public BelfryProcess Process { get; }

    public static Task<Service> StartAsync(string? postgres, CancellationToken ct, params (string Name, string Value)[] settings) =>
        StartAsync(postgres, BelfryProcess.Ready, settings, ct);

    /// <summary>Started while the store is away: waits only until it lives.</summary>
    public static Task<Service> StartAwayAsync(string? postgres, CancellationToken ct, params (string Name, string Value)[] settings) =>
        StartAsync(postgres, BelfryProcess.Live, settings, ct);

    /// <summary>The release before this one.</summary>
    public static Task<Service> StartPreviousAsync(string? postgres, CancellationToken ct) =>
        StartAsync(postgres, BelfryProcess.Ready, [], ct, BelfryProgram.PreviousService);

    private static async Task<Service> StartAsync(
        string? postgres, string waitFor, (string Name, string Value)[] settings, CancellationToken ct, BelfryProgram? program = null)
    {
        var all = new Dictionary<string, string>
        {
            ["Belfry__Auth__Secret"] = Secret,
            ["Belfry__Auth__ApiKeys__tests"] = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey))),
        };
        if (postgres is not null) all["ConnectionStrings__Postgres"] = postgres;
        foreach (var (name, value) in settings) all[name] = value;
        return new Service(await BelfryProcess.StartAsync(program ?? BelfryProgram.Service, all, waitFor, ct));
    }

    public static string TokenFor(string user, TimeSpan? lifetime = null) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { ["sub"] = user },
        Expires = TimeProvider.System.GetUtcNow().UtcDateTime + (lifetime ?? TimeSpan.FromHours(1)),
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Secret)), SecurityAlgorithms.HmacSha256),
    });

    public static PublishEvent Event(string user, string? id = null, string type = "job.posted") =>
        new() { UserId = user, Id = id ?? Guid.CreateVersion7().ToString(), EventType = type };

    /// <summary>The answer to one publish, whatever its status.</summary>
    public async Task<HttpResponseMessage> TryPublishAsync(IReadOnlyList<PublishEvent> events, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Process.Url, "/v1/events"));
        request.Headers.Add("X-API-Key", ApiKey);
        request.Content = JsonContent.Create([.. events], ContractsJson.Default.ListPublishEvent);
        return await _http.SendAsync(request, ct);
    }

    /// <summary>Publishes, and again until it is acknowledged; the ids make that harmless.</summary>
    public async Task<PublishAnswer> PublishAsync(IReadOnlyList<PublishEvent> events, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                using var response = await TryPublishAsync(events, ct);
                if (response.IsSuccessStatusCode) return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.PublishAnswer, ct))!;
                if ((int)response.StatusCode < 500) throw new InvalidOperationException(await response.Content.ReadAsStringAsync(ct));
            }
            catch (HttpRequestException)
            {
                // The server is away; it comes back, and a refused connection costs nothing to try again.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        }
    }

    public StreamClient Open(string user, string query = "", string? cursor = null, bool reconnect = true) =>
        new(Process.Url, TokenFor(user), query, cursor, reconnect);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }
}
