using System.Globalization;

namespace Belfry.KafkaMock;

/// <summary>The orders that the mock takes, one a line, words parted by a blank. Brokers are counted from 1; -1 is all of them.</summary>
internal static class Orders
{
    /// <summary>Returns what is wrong, or null.</summary>
    public static string? Execute(MockCluster cluster, string order)
    {
        try
        {
            return order.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
            {
                ["topic", var name, var partitions] => cluster.CreateTopic(name, Number(partitions)),
                ["broker-down", var broker] => cluster.SetDown(Number(broker)),
                ["broker-up", var broker] => cluster.SetUp(Number(broker)),
                ["rtt", var broker, var milliseconds] => cluster.SetRoundTrip(Number(broker), Number(milliseconds)),
                ["leader", var topic, var partition, var broker] => cluster.SetLeader(topic, Number(partition), Number(broker)),
                ["coordinator", var group, var broker] => cluster.SetCoordinator(group, Number(broker)),
                ["push-error", var api, .. var codes] => cluster.PushErrors((short)Number(api), [.. codes.Select(Number)]),
                ["push-rtt", var broker, var api, var milliseconds] => cluster.PushRoundTrip(Number(broker), (short)Number(api), Number(milliseconds)),
                ["clear-errors", var api] => cluster.ClearErrors((short)Number(api)),
                ["topic-error", var topic, var code] => cluster.SetTopicError(topic, Number(code)),
                ["group-heartbeat", var milliseconds] => cluster.SetGroupHeartbeat(Number(milliseconds)),
                _ => $"not an order: {order}",
            };
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
