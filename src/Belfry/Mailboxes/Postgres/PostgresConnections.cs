using Microsoft.Extensions.Options;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>
/// The two ways to the server: a pool for everything that runs often, and direct connections for what a pooler in
/// transaction mode cannot carry (migrations, session locks, DETACH CONCURRENTLY, LISTEN).
/// </summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    private readonly ILoggerFactory _loggers;
    private readonly string _pooled;
    private readonly List<NpgsqlDataSource> _sources = [];

    public PostgresConnections(string connectionString, string? directConnectionString, IOptions<PostgresOptions> options, ILoggerFactory loggers)
    {
        Options = options.Value;
        _loggers = loggers;

        var pooled = new NpgsqlConnectionStringBuilder(connectionString);
        Apply(pooled, Options);
        _pooled = pooled.ConnectionString;

        var direct = new NpgsqlConnectionStringBuilder(directConnectionString ?? connectionString)
        {
            ApplicationName = "belfry-direct",
            Pooling = false,
            CommandTimeout = (int)Options.CommandTimeout.TotalSeconds,
            Timeout = (int)Options.ConnectTimeout.TotalSeconds,
        };
        Direct = Build(direct, "belfry-direct", static _ => { });
    }

    public PostgresOptions Options { get; }

    /// <summary>Connections that are not pooled; for rare, long or session-bound work.</summary>
    public NpgsqlDataSource Direct { get; }

    /// <summary>The pool. Every new connection is shown to <paramref name="onConnect"/> before anything uses it.</summary>
    public NpgsqlDataSource BuildPool(Func<NpgsqlConnection, Task> onConnect) => Build(
        new NpgsqlConnectionStringBuilder(_pooled),
        "belfry",
        builder => builder.UsePhysicalConnectionInitializer(_ => throw new NotSupportedException("Connections are opened asynchronously."), onConnect));

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources) await source.DisposeAsync();
    }

    /// <summary>With several hosts, connections to the one of them that takes writes.</summary>
    private NpgsqlDataSource Build(NpgsqlConnectionStringBuilder target, string name, Action<NpgsqlDataSourceBuilder> configure)
    {
        if (target.Host?.Contains(',') != true) return Own(BuilderOf(target, name, configure).Build());

        // The only ones that make sense here; the driver wants to be told of them in another way.
        var wanted = target.TargetSessionAttributes == "read-write" ? TargetSessionAttributes.ReadWrite : TargetSessionAttributes.Primary;
        target.TargetSessionAttributes = null;
        // How long a standby is taken for one: after a promotion nothing can be stored for as long.
        if (!target.ShouldSerialize("Host Recheck Seconds")) target.HostRecheckSeconds = 1;
        return Own(BuilderOf(target, name, configure).BuildMultiHost()).WithTargetSession(wanted);
    }

    /// <summary>Named, because the metrics name a pool without a name by its connection string, of which only the password is left out.</summary>
    private NpgsqlDataSourceBuilder BuilderOf(NpgsqlConnectionStringBuilder target, string name, Action<NpgsqlDataSourceBuilder> configure)
    {
        var builder = new NpgsqlDataSourceBuilder(target.ConnectionString) { Name = name };
        builder.UseLoggerFactory(_loggers);
        configure(builder);
        return builder;
    }

    private T Own<T>(T source)
        where T : NpgsqlDataSource
    {
        _sources.Add(source);
        return source;
    }

    private static void Apply(NpgsqlConnectionStringBuilder target, PostgresOptions options)
    {
        // "belfry" alone is what versions are called that do not enter themselves in the table of instances.
        target.ApplicationName ??= "belfry-pool";
        target.MaxPoolSize = options.MaxPoolSize;
        target.MinPoolSize = Math.Min(options.MinPoolSize, options.MaxPoolSize);
        target.ConnectionLifetime = (int)options.ConnectionLifetime.TotalSeconds;
        target.CommandTimeout = (int)options.CommandTimeout.TotalSeconds;
        target.Timeout = (int)options.ConnectTimeout.TotalSeconds;
        // A server that has vanished without a word is noticed by the command's timeout; this bounds the cancel that follows it.
        target.CancellationTimeout = 2000;
        target.Enlist = false;
        // We leave no state in a session, so there is nothing to reset: one message less for each rent.
        target.NoResetOnClose = true;

        if (options.Pooler == PostgresPooler.Transaction) return;

        target.MaxAutoPrepare = 50;
        target.AutoPrepareMinUsages = 2;
        // Acknowledged means on disk, whatever the server's default. A stronger default (remote_apply) is named in the
        // connection string's own Options and then left alone.
        if (string.IsNullOrEmpty(target.Options))
        {
            var timeout = (int)options.CommandTimeout.TotalMilliseconds + 1000;
            target.Options = $"-c statement_timeout={timeout} -c idle_in_transaction_session_timeout=60000 -c synchronous_commit=on";
        }
    }
}
