namespace Belfry.Servers;

/// <summary>A throw-away Redis in memory on 127.0.0.1. Started again after its end it is empty, on the same port. Not for several threads.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const string Variable = "BELFRY_REDIS_SERVER";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private readonly string _program;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("redis");
    private ServerProcess? _process;

    private RedisServer(string program) => _program = program;

    /// <summary>The port; it stays the same when the server is started again.</summary>
    public int Port { get; } = LoopbackPort.Free();

    /// <summary>As in <c>ConnectionStrings__Redis</c>.</summary>
    public string ConnectionString => $"127.0.0.1:{Port}";

    public int Pid => Running.Id;

    private ServerProcess Running => _process ?? throw new InvalidOperationException("Redis is not running.");

    /// <exception cref="MissingPartException">Redis is not installed.</exception>
    public static async Task<RedisServer> StartAsync(CancellationToken ct = default)
    {
        var server = new RedisServer(Find());
        try
        {
            await server.StartAgainAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task StartAgainAsync(CancellationToken ct = default)
    {
        if (_process is not null) throw new InvalidOperationException("Redis is running.");
        string[] settings = ["--bind", "127.0.0.1", "--port", $"{Port}", "--save", "", "--appendonly", "no", "--dir", _folder.Path, "--daemonize", "no"];
        _process = ServerProcess.Start("Redis", _folder.Combine("redis.log"), [_program, .. settings], _folder.Path);
        await _process.WaitUntilReadyAsync(async token => await LoopbackPort.AnswersAsync(Port, token), StartPatience, ct);
    }

    /// <summary>kill -9. Returns when it is gone.</summary>
    public async Task KillAsync()
    {
        await Running.KillAsync();
        _process?.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        _folder.Dispose();
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen) return chosen;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/bin")
            .Select(folder => Path.Combine(folder, "redis-server"))
            .FirstOrDefault(File.Exists) ?? throw new MissingPartException("Redis", $"run build/install-parts.sh, or point {Variable} to redis-server.");
    }
}
