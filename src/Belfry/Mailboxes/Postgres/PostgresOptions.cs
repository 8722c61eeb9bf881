using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Mailboxes.Postgres;

/// <summary>How connections to PostgreSQL are made and kept.</summary>
[SettingsSection("Belfry:Postgres")]
internal sealed class PostgresOptions
{
    /// <summary>The original's 50.</summary>
    [Description("The most connections that this instance opens; what needs one more waits.")]
    [Range(4, 1000)]
    public int MaxPoolSize { get; set; } = 50;

    /// <summary>The original's 25. Connections are opened when they are needed, never ahead.</summary>
    [Description("How many idle connections are kept once they have been opened.")]
    [Range(0, 1000)]
    public int MinPoolSize { get; set; } = 25;

    /// <summary>The original's 5 minutes.</summary>
    [Description("How long a connection may live before it is replaced.")]
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(5);

    [Description("How long one statement may take; then it is cancelled and tried again.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    [Description("How long opening a connection may take.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    [Description("'transaction' when the connection string leads to a pooler in transaction mode: nothing is prepared, no startup options. "
        + "ConnectionStrings:PostgresDirect then names the server itself.")]
    public PostgresPooler Pooler { get; set; } = PostgresPooler.None;

    [Description("true when every standby that may be promoted is synchronous: a new timeline then keeps the epoch, "
        + "because a failover has lost nothing.")]
    public bool SynchronousStandbys { get; set; }
}

/// <summary>What stands between this process and PostgreSQL.</summary>
internal enum PostgresPooler
{
    /// <summary>Nothing, or a pooler in session mode.</summary>
    None,

    /// <summary>A pooler that may give each transaction another server connection.</summary>
    Transaction,
}
