using Belfry.Hosting;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Listeners;

namespace Belfry.Tests.Hosting;

/// <summary>The real server on free ports, with a store that is away, and endpoints that show who was let in.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public const string Secret = "a-secret-of-more-than-thirty-two-bytes";
    public const string ApiKey = "bk_publisher";
    public const string AdminKey = "bk_operator";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder;
    private readonly TaskCompletionSource _bodyBegun;

    private RunningServer(WebApplication app, TemporaryFolder folder, RecordedLog log, TaskCompletionSource bodyBegun)
    {
        _app = app;
        _folder = folder;
        _bodyBegun = bodyBegun;
        Log = log;
        var listeners = app.Services.GetRequiredService<BoundListeners>();
        Public = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = listeners.Public, Timeout = StopLimit };
        Admin = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = listeners.Admin, Timeout = StopLimit };
    }

    public HttpClient Public { get; }

    public HttpClient Admin { get; }

    public RecordedLog Log { get; }

    /// <summary>Completes when the first byte of a body has come to <c>/probe/body</c>.</summary>
    public Task BodyBegun => _bodyBegun.Task;

    public IServiceProvider Services => _app.Services;

    public WebApplication App => _app;

    public static Task<RunningServer> StartAsync(params (string Key, string Value)[] settings) => StartAsync(dev: false, settings);

    public static async Task<RunningServer> StartAsync(bool dev, params (string Key, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        var log = new RecordedLog();
        var builder = BelfryHost.CreateChecked(new HostArguments { WorkingFolder = folder.Path, Environment = Environment(folder, dev, settings), Dev = dev });
        builder.Logging.ClearProviders().AddProvider(log);
        var app = BelfryHost.Build(builder);
        var bodyBegun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        MapProbes(app, bodyBegun);
        await BelfryHost.StartAsync(app, TestContext.Current.CancellationToken);
        return new RunningServer(app, folder, log, bodyBegun);
    }

    /// <summary>What lies in its data folder.</summary>
    public string[] DataFolders(string pattern) => Directory.GetDirectories(_folder.Path, pattern);

    public Task StopAsync() => _app.StopAsync().WaitAsync(StopLimit);

    public async ValueTask DisposeAsync()
    {
        Public.Dispose();
        Admin.Dispose();
        await _app.DisposeAsync().AsTask().WaitAsync(StopLimit);
        _folder.Dispose();
    }

    private static Dictionary<string, string?> Environment(TemporaryFolder folder, bool dev, (string Key, string Value)[] settings)
    {
        var environment = new Dictionary<string, string?>
        {
            ["Belfry__Http__Urls"] = "http://127.0.0.1:0",
            ["Belfry__Admin__Urls"] = "http://127.0.0.1:0",
            ["Belfry__DataFolder"] = folder.Path,
            // Nobody listens on this port: no store is needed to see who is let in.
            ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Username=nobody;Password=hidden-password",
        };
        if (!dev)
        {
            environment["Belfry__Auth__Secret"] = Secret;
            environment["Belfry__Auth__ApiKeys__web"] = KeyHash.Format(ApiKey);
            environment["Belfry__Auth__AdminKeys__ops"] = KeyHash.Format(AdminKey);
        }

        foreach (var (key, value) in settings)
        {
            // An empty value stands for "not set".
            if (value.Length == 0) environment.Remove(key);
            else environment[key] = value;
        }

        return environment;
    }

    private static void MapProbes(WebApplication app, TaskCompletionSource bodyBegun)
    {
        static string Who(HttpContext context) => context.User.Identity!.Name!;

        app.MapMethods("/probe/user", ["GET", "POST"], Who).RequireAuthorization(Policies.User);
        app.MapPost("/probe/publish", Who).RequireAuthorization(Policies.Publisher);
        app.MapPost("/probe/body", async (HttpContext context) =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1], context.RequestAborted);
            bodyBegun.TrySetResult();
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        });
        app.MapGet("/probe/fails", string () => throw new InvalidOperationException("inner detail"));
        app.MapGet("/probe/caller", (HttpContext context) => $"{context.Connection.RemoteIpAddress} {context.Request.Scheme}");
        app.MapGet("/probe/admin", () => "operator").WithMetadata(ListenerMark.Admin).RequireAuthorization(Policies.Operator);
    }
}
