using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Npgsql;
using StackExchange.Redis;

namespace Belfry.Settings;

/// <summary>Which servers there are. What is not named is not used.</summary>
[SettingsSection("ConnectionStrings")]
internal sealed class ConnectionStrings : IValidatableObject
{
    // What exactly is wrong would repeat a part of it, and that part may be of the password.
    private const string NoPostgres = "is not a connection string of PostgreSQL: keyword=value;keyword=value, such as Host=db;Username=belfry;Password=...;Database=belfry";
    private const string NoRedis = "is not an address of Redis: host:port, then options with commas between them, such as cache:6379,password=...";

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

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!CanRead(Postgres, static text => new NpgsqlConnectionStringBuilder(text))) yield return new ValidationResult(NoPostgres, [nameof(Postgres)]);
        if (!CanRead(PostgresDirect, static text => new NpgsqlConnectionStringBuilder(text))) yield return new ValidationResult(NoPostgres, [nameof(PostgresDirect)]);
        if (!CanRead(Redis, static text => ConfigurationOptions.Parse(text))) yield return new ValidationResult(NoRedis, [nameof(Redis)]);
    }

    private static bool CanRead(string? text, Func<string, object> read)
    {
        try
        {
            if (!string.IsNullOrEmpty(text)) read(text);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException or OverflowException)
        {
            return false;
        }
    }
}
