using Npgsql;

namespace Belfry.Servers;

/// <summary>
/// A throw-away PostgreSQL on 127.0.0.1 with fsync on, as in production: its own folder, its own port, gone when disposed.
/// It can be stopped, killed and started again with its data and its port. Not for several threads, but for
/// <see cref="CreateDatabaseAsync"/>.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["listen_addresses"] = "127.0.0.1",
        ["unix_socket_directories"] = "",
        ["fsync"] = "on",
        ["synchronous_commit"] = "on",
        ["shared_buffers"] = "256MB",
        ["max_connections"] = "200",
    };

    private readonly PostgresBinaries _binaries;
    private readonly TemporaryFolder _folder;
    private readonly Dictionary<string, string> _settings;
    private ServerProcess? _process;
    private bool _killed;

    private PostgresServer(PostgresBinaries binaries, TemporaryFolder folder, IReadOnlyDictionary<string, string>? settings)
    {
        _binaries = binaries;
        _folder = folder;
        _settings = new Dictionary<string, string>(Defaults) { ["port"] = $"{Port}" };
        foreach (var (name, value) in settings ?? Defaults) _settings[name] = value;
    }

    /// <summary>The port; it stays the same when the server is started again.</summary>
    public int Port { get; } = LoopbackPort.Free();

    /// <summary>For the superuser, in the database <c>postgres</c>.</summary>
    public string ConnectionString => ConnectionStringFor("postgres");

    /// <summary>The postmaster's process id; its backends are its children.</summary>
    public int Pid => Running.Id;

    /// <summary>Where the data lies; the disk that a rate is measured on.</summary>
    public string DataFolder => _folder.Combine("data");

    private ServerProcess Running => _process ?? throw new InvalidOperationException("PostgreSQL is not running.");

    private string LogFile => _folder.Combine("postgres.log");

    /// <summary>Makes a cluster and starts it; <paramref name="settings"/> are those of postgresql.conf and win over the defaults here.</summary>
    /// <exception cref="MissingPartException">PostgreSQL is not installed.</exception>
    public static async Task<PostgresServer> StartAsync(
        IReadOnlyDictionary<string, string>? settings = null,
        CancellationToken ct = default)
    {
        var server = new PostgresServer(PostgresBinaries.Find(), TemporaryFolder.Create("postgres"), settings);
        try
        {
            await server.InitializeAsync(ct);
            await server.StartAgainAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same data and port.</summary>
    public async Task StartAgainAsync(CancellationToken ct = default)
    {
        if (_process is not null) throw new InvalidOperationException("PostgreSQL is running.");
        var settings = _settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" });
        _process = ServerProcess.Start("PostgreSQL", LogFile, _binaries.Command("postgres", ["-D", DataFolder, .. settings]), _folder.Path);
        _killed = false;
        await _process.WaitUntilReadyAsync(AnswersAsync, StartPatience, ct);
    }

    /// <summary>Stops it as an operator would: sessions are cut, the data is left clean.</summary>
    public async Task StopAsync(CancellationToken ct = default)
    {
        Running.Send(UnixSignal.Interrupt);
        await Running.WaitForExitAsync(StopPatience, ct);
        Forget();
    }

    /// <summary>kill -9 of the postmaster and all its children, as a crash of the machine would look to the clients. Returns when all are gone.</summary>
    public async Task KillAsync()
    {
        // The postmaster first: it must not get to see its children die and begin a recovery of its own.
        var children = ProcessTree.ChildrenOf(Pid);
        Running.Send(UnixSignal.Kill);
        foreach (var child in children) UnixSignals.Send(child, UnixSignal.Kill);
        await Running.WaitForExitAsync(StopPatience);
        // A backend that still lives holds the shared memory, and a new postmaster would refuse to start.
        await Eventually.HoldsAsync("PostgreSQL's children are gone", () => !children.Any(ProcessTree.IsAlive), StopPatience);
        Forget();
        _killed = true;
    }

    /// <summary>A hot standby that streams from this server, with a port and a folder of its own.</summary>
    public async Task<PostgresServer> StartStandbyAsync(CancellationToken ct = default)
    {
        var standby = new PostgresServer(_binaries, TemporaryFolder.Create("standby"), new Dictionary<string, string>(_settings));
        try
        {
            standby._settings["port"] = $"{standby.Port}";
            await PostgresBinaries.GiveAsync(standby._folder.Path, ct);
            string[] arguments = ["-D", standby.DataFolder, "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync"];
            await Command.RunAsync([.. _binaries.Command("pg_basebackup", arguments)], ct);
            await standby.StartAgainAsync(ct);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs SQL as the superuser, in the database <c>postgres</c>.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken ct = default)
    {
        await using var connection = new NpgsqlConnection(Unpooled(ConnectionString));
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Stands still until <see cref="Thaw"/>: the postmaster and all its children.</summary>
    public void Freeze() => SendToAll(UnixSignal.Stop);

    public void Thaw() => SendToAll(UnixSignal.Continue);

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name, CancellationToken ct = default)
    {
        await using var connection = new NpgsqlConnection(Unpooled(ConnectionString));
        await connection.OpenAsync(ct);
        await using var create = new NpgsqlCommand($"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
        await create.ExecuteNonQueryAsync(ct);
        return ConnectionStringFor(name);
    }

    /// <summary>All that the server has written to its log, over all its starts.</summary>
    public string ReadLog() => ServerLog.Read(LogFile);

    public async ValueTask DisposeAsync()
    {
        // Only PostgreSQL itself knows what shared memory its killed predecessor has left behind.
        if (_killed) await StartAgainAsync();
        if (_process is not null)
        {
            // Immediate: the data is thrown away, but shared memory is given back, which kill -9 would not do.
            _process.Send(UnixSignal.Quit);
            await _process.WaitForExitAsync(StopPatience);
            Forget();
        }
        _folder.Dispose();
    }

    private void SendToAll(UnixSignal signal)
    {
        foreach (var pid in ProcessTree.ChildrenOf(Pid).Prepend(Pid)) UnixSignals.Send(pid, signal);
    }

    private async Task InitializeAsync(CancellationToken ct)
    {
        await PostgresBinaries.GiveAsync(_folder.Path, ct);
        string[] arguments = ["-D", DataFolder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        await Command.RunAsync([.. _binaries.Command("initdb", arguments)], ct);
    }

    private async ValueTask<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Unpooled(ConnectionString));
            await connection.OpenAsync(ct);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private string ConnectionStringFor(string database) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = Port, Username = "postgres", Database = database, IncludeErrorDetail = true }
            .ConnectionString;

    private static string Unpooled(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }
}
