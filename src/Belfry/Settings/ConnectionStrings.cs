using System.ComponentModel;

namespace Belfry.Settings;

/// <summary>Which servers there are. What is not named is not used.</summary>
[SettingsSection("ConnectionStrings")]
internal sealed class ConnectionStrings
{
    [Secret]
    [Description("The PostgreSQL that keeps the mailboxes. Not set: SQLite.")]
    public string? Postgres { get; set; }

    [Secret]
    [Description("The same PostgreSQL past a pooler in transaction mode: for migrations, LISTEN and what else needs a session.")]
    public string? PostgresDirect { get; set; }

    [Secret]
    [Description("A Redis for wake-ups between instances, as host:port,password=... Not set: they go over PostgreSQL.")]
    public string? Redis { get; set; }

    [Description("Kafka's bootstrap servers, as host:port,host:port. Not set: nothing is consumed.")]
    public string? Kafka { get; set; }
}
