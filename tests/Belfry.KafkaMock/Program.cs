// Prints its bootstrap servers as the first line, then answers each order on stdin with "ok" or "error: ..." in one line.
// Ends when stdin does, so that it never outlives who started it.

using System.Globalization;
using Belfry.KafkaMock;

var brokers = args is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 1;
using var cluster = new MockCluster(brokers);
Console.WriteLine(cluster.BootstrapServers);

while (Console.ReadLine() is { } order)
{
    Console.WriteLine(Orders.Execute(cluster, order) is { } error ? $"error: {error}" : "ok");
}
