using System.Diagnostics;

namespace Belfry.Bench;

/// <summary>
/// The one clock of a run: microseconds since 1970, which do not step when the machine's clock is set. What is sent carries
/// it, what is received is compared with it. Safe for use by several threads.
/// </summary>
internal static class BenchClock
{
    private const long MicrosPerSecond = 1_000_000;

    private static readonly long StartTicks = Stopwatch.GetTimestamp();
    private static readonly long StartMicros = Of(TimeProvider.System.GetUtcNow());

    public static long Micros => StartMicros + (long)((Stopwatch.GetTimestamp() - StartTicks) * ((double)MicrosPerSecond / Stopwatch.Frequency));

    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static DateTime ToDateTime(long micros) => DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static long Of(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;

    public static TimeSpan ToTimeSpan(long micros) => TimeSpan.FromTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static double ToSeconds(long micros) => (double)micros / MicrosPerSecond;
}
