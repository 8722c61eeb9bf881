namespace Belfry.Mailboxes.Sqlite;

/// <summary>Times as SQLite keeps them: whole microseconds since 1970, UTC.</summary>
internal static class UnixMicroseconds
{
    public static long From(DateTime utc) => (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTime ToDateTime(long microseconds) => DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
