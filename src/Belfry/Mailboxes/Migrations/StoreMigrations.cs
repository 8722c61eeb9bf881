using System.Data.Common;
using System.Runtime.ExceptionServices;
using EvolveDb;

namespace Belfry.Mailboxes.Migrations;

/// <summary>Runs the numbered SQL files of a store, under the migration library's own lock.</summary>
internal static partial class StoreMigrations
{
    /// <param name="folder">The embedded files' prefix, for example <c>Belfry.Mailboxes.Postgres.Migrations</c>.</param>
    /// <param name="schema">The schema they live in; null where the database has none.</param>
    public static void Run(DbConnection connection, string folder, string? schema, ILogger log)
    {
        var evolve = Begin(connection, log, folder);
        if (schema is not null)
        {
            evolve.Schemas = [schema];
            evolve.MetadataTableSchema = schema;
        }

        try
        {
            evolve.Migrate();
        }
        catch (EvolveException e) when (e.InnerException is DbException inner)
        {
            // Callers know the driver's errors: a server that goes away in the middle is waited for, here as everywhere.
            Log.Failed(log, e.Message);
            ExceptionDispatchInfo.Throw(inner);
        }
    }

    private static Evolve Begin(DbConnection connection, ILogger log, string folder)
    {
        try
        {
            return new Evolve(connection, message => Log.Step(log, message))
            {
                EmbeddedResourceAssemblies = [typeof(StoreMigrations).Assembly],
                EmbeddedResourceFilters = [folder],
                MetadataTableName = "migrations",
                IsEraseDisabled = true,
                EnableClusterMode = true,
            };
        }
        catch (EvolveException e)
        {
            // It asks the server what it is, and takes no answer for another kind of server.
            throw new IOException($"The server did not say what it is: {e.Message}", e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Warning, "Migrations did not come to their end: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(1, LogLevel.Debug, "Migrations: {Message}")]
        public static partial void Step(ILogger logger, string message);
    }
}
