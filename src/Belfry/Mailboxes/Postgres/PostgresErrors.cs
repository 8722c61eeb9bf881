using System.Data.Common;
using System.Net.Sockets;
using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>What an error of the driver means for the caller.</summary>
internal static class PostgresErrors
{
    /// <summary>Raised by the append when a partition's offset is not the expected one.</summary>
    public const string Fenced = "BF001";

    /// <summary>Raised by the append when no partition holds the present time.</summary>
    public const string NoPartition = "BF002";

    /// <summary>Raised by a step of a task that has another holder.</summary>
    public const string TaskLost = "BF003";

    /// <summary>Raised when a row of the outbox is no longer there.</summary>
    public const string RowLost = "BF004";

    /// <summary>A deadlock or a serialization failure: rolled back by the server, and right to try again at once.</summary>
    public static bool IsCollision(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>
    /// The same rows would be refused again: a value that the types cannot hold, a constraint, a limit of the program. Nothing
    /// else is: a missing function or a full disk is somebody's to mend, and the rows wait for it.
    /// </summary>
    public static bool IsRefusal(PostgresException e) => e.SqlState[..2] is "22" or "23" or "54";

    /// <summary>The server did not do it, or did not say so in time.</summary>
    public static bool IsUnavailable(Exception e) =>
        e is DbException or TimeoutException or SocketException or IOException or ObjectDisposedException;
}
