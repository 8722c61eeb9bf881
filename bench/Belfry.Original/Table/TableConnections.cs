using Npgsql;

namespace Belfry.Original.Table;

/// <summary>The pool: at most 50 connections, 25 kept warm, none older than 5 minutes, unless the settings say otherwise.</summary>
internal static class TableConnections
{
    public static NpgsqlDataSource Open(string connectionString, OriginalOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "belfry-original",
            MaxPoolSize = options.MaxPoolSize,
            MinPoolSize = Math.Min(options.MinPoolSize, options.MaxPoolSize),
            ConnectionLifetime = (int)options.ConnectionLifetime.TotalSeconds,
            // Prepared once, on each connection: at a statement's second use.
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Enlist = false,
        };
        return NpgsqlDataSource.Create(settings);
    }
}
