using System.Runtime.InteropServices;
using System.Text;

namespace Belfry.KafkaMock;

/// <summary>The mock cluster of librdkafka, and the client handle that it wants to hang on. Each method returns what went wrong, or null.</summary>
internal sealed class MockCluster : IDisposable
{
    private const int Producer = 0;
    private const int Replicas = 1;

    private readonly nint _client;
    private readonly nint _cluster;

    public MockCluster(int brokers)
    {
        var errors = new byte[512];
        var configuration = Librdkafka.NewConfiguration();
        // The handle itself never talks to a broker, and would say so on stderr.
        Librdkafka.Configure(configuration, "log_level", "0", errors, (nuint)errors.Length);
        _client = Librdkafka.New(Producer, configuration, errors, (nuint)errors.Length);
        if (_client == 0) throw new InvalidOperationException($"librdkafka: {Encoding.UTF8.GetString(errors).TrimEnd('\0')}");
        _cluster = Librdkafka.NewCluster(_client, brokers);
        if (_cluster == 0) throw new InvalidOperationException("librdkafka could not make its mock cluster.");
        // A broker waits 3 s for more members before it forms a group; tests know who comes.
        Librdkafka.SetInitialRebalanceDelay(_cluster, 0);
    }

    public string BootstrapServers => Text(Librdkafka.Bootstraps(_cluster));

    public string? CreateTopic(string name, int partitions) => Problem(Librdkafka.CreateTopic(_cluster, name, partitions, Replicas));

    public string? SetDown(int broker) => Problem(Librdkafka.SetBrokerDown(_cluster, broker));

    public string? SetUp(int broker) => Problem(Librdkafka.SetBrokerUp(_cluster, broker));

    public string? SetRoundTrip(int broker, int milliseconds) => Problem(Librdkafka.SetRoundTrip(_cluster, broker, milliseconds));

    public string? SetLeader(string topic, int partition, int broker) => Problem(Librdkafka.SetLeader(_cluster, topic, partition, broker));

    public string? SetCoordinator(string group, int broker) => Problem(Librdkafka.SetCoordinator(_cluster, "group", group, broker));

    public string? PushErrors(short api, int[] codes)
    {
        Librdkafka.PushErrors(_cluster, api, (nuint)codes.Length, codes);
        return null;
    }

    public string? PushRoundTrip(int broker, short api, int milliseconds) =>
        Problem(Librdkafka.PushRoundTrip(_cluster, broker, api, 1, 0, milliseconds));

    public string? ClearErrors(short api)
    {
        Librdkafka.ClearErrors(_cluster, api);
        return null;
    }

    public string? SetTopicError(string topic, int code)
    {
        Librdkafka.SetTopicError(_cluster, topic, code);
        return null;
    }

    public string? SetGroupHeartbeat(int milliseconds)
    {
        Librdkafka.SetGroupHeartbeat(_cluster, milliseconds);
        return null;
    }

    public void Dispose()
    {
        Librdkafka.DestroyCluster(_cluster);
        Librdkafka.Destroy(_client);
    }

    private static string? Problem(int code) => code == 0 ? null : Text(Librdkafka.Describe(code));

    private static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";
}
