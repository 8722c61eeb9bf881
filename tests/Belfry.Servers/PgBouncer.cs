namespace Belfry.Servers;

/// <summary>A throw-away PgBouncer in transaction mode before a PostgreSQL, on 127.0.0.1. Not for several threads.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const string Variable = "BELFRY_PGBOUNCER";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private readonly string _program;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("pgbouncer");
    private ServerProcess? _process;

    private PgBouncer(string program) => _program = program;

    /// <summary>The port; it stays the same when it is started again.</summary>
    public int Port { get; } = LoopbackPort.Free();

    private ServerProcess Running => _process ?? throw new InvalidOperationException("PgBouncer is not running.");

    /// <param name="server">Whose databases it gives.</param>
    /// <param name="poolSize">Connections to the server for each database.</param>
    /// <exception cref="MissingPartException">PgBouncer is not installed.</exception>
    public static async Task<PgBouncer> StartAsync(PostgresServer server, int poolSize = 20, CancellationToken ct = default)
    {
        var bouncer = new PgBouncer(Find());
        try
        {
            await bouncer.WriteSettingsAsync(server, poolSize, ct);
            await bouncer.StartAgainAsync(ct);
            return bouncer;
        }
        catch
        {
            await bouncer.DisposeAsync();
            throw;
        }
    }

    /// <summary>The way to the same database through here.</summary>
    public string ConnectionStringFor(string direct) => new Npgsql.NpgsqlConnectionStringBuilder(direct) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    public async Task StartAgainAsync(CancellationToken ct = default)
    {
        if (_process is not null) throw new InvalidOperationException("PgBouncer is running.");
        _process = ServerProcess.Start("PgBouncer", _folder.Combine("pgbouncer.log"), [.. PostgresBinaries.AsPostgres(), _program, _folder.Combine("pgbouncer.ini")], _folder.Path);
        await _process.WaitUntilReadyAsync(async token => await LoopbackPort.AnswersAsync(Port, token), StartPatience, ct);
    }

    /// <summary>kill -9: all connections through it are cut. Returns when it is gone.</summary>
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

    private async Task WriteSettingsAsync(PostgresServer server, int poolSize, CancellationToken ct)
    {
        await File.WriteAllTextAsync(_folder.Combine("users.txt"), "\"postgres\" \"\"\n", ct);
        await File.WriteAllTextAsync(_folder.Combine("pgbouncer.ini"), $"""
            [databases]
            * = host=127.0.0.1 port={server.Port}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {Port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {_folder.Combine("users.txt")}
            pool_mode = transaction
            default_pool_size = {poolSize}
            max_client_conn = 1000
            """, ct);
        await PostgresBinaries.GiveAsync(_folder.Path, ct);
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen) return chosen;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, "pgbouncer"))
            .FirstOrDefault(File.Exists) ?? throw new MissingPartException("PgBouncer", $"run build/install-parts.sh, or point {Variable} to pgbouncer.");
    }
}
