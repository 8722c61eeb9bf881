using EvolveDb;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Belfry.Mailboxes.Sqlite;

/// <summary>What an error of the database means for the caller.</summary>
internal static class SqliteErrors
{
    /// <summary>The same rows would be refused again: a constraint, a value that a column cannot hold.</summary>
    public static bool IsRefusal(SqliteException e) =>
        e.SqliteErrorCode is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;

    /// <summary>Another program has the file locked; nothing is wrong with it.</summary>
    public static bool IsBusy(Exception e) => e is SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED };

    /// <summary>The file could not be read or written, or not in time. A migration that is wrong in itself is not among it.</summary>
    public static bool IsUnavailable(Exception e) =>
        e is SqliteException or TimeoutException or IOException or UnauthorizedAccessException or EvolveException { InnerException: SqliteException };
}
