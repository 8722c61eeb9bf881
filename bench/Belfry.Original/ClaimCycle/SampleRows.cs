using System.Text;
using Belfry.Original.Table;

namespace Belfry.Original.ClaimCycle;

/// <summary>The rows that both sides write: 1,000 users in turn, payloads of about 250 bytes.</summary>
internal static class SampleRows
{
    public const int Users = 1000;
    public const string EventType = "job.posted";
    public const string Priority = "HIGH";

    private static readonly byte[] PayloadBytes = Encoding.UTF8.GetBytes(Payload);

    public static string Payload => $$"""{"n":1,"text":"{{new string('x', 230)}}"}""";

    public static string UserAt(int place) => $"user-{place % Users}";

    /// <param name="first">The place of the first row: the user goes by it.</param>
    public static NotificationRow[] Batch(int first, int count, DateTime at)
    {
        var rows = new NotificationRow[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = new NotificationRow(Guid.NewGuid(), UserAt(first + i), EventType, Priority, at, at, PayloadBytes);
        }

        return rows;
    }
}
