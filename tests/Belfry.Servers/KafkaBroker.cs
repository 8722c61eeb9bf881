using System.Net.Sockets;
using System.Text;
using Confluent.Kafka;

namespace Belfry.Servers;

/// <summary>
/// A throw-away Kafka broker with a log on disk, and the ZooKeeper that it needs, on 127.0.0.1. It is Kafka 0.9: no record
/// headers, no timestamps, no idempotent producer. It can be killed and started again with
/// its data and its port. Not for several threads, but for <see cref="CreateTopicAsync"/>.
/// </summary>
public sealed class KafkaBroker : IAsyncDisposable
{
    /// <summary>How many partitions a topic gets that somebody merely uses.</summary>
    public const int DefaultPartitions = 12;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TopicPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(2);

    private readonly KafkaFiles _files;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("kafka");
    private readonly int _zooKeeperPort = LoopbackPort.Free();
    private ServerProcess? _zooKeeper;
    private ServerProcess? _broker;

    private KafkaBroker(KafkaFiles files) => _files = files;

    /// <summary>What a client of so old a broker must set, or every one of its requests times out.</summary>
    public static IReadOnlyDictionary<string, string> ClientProperties { get; } = new Dictionary<string, string>
    {
        ["api.version.request"] = "false",
        ["broker.version.fallback"] = "0.9.0.1",
    };

    /// <summary>The port; it stays the same when the broker is started again.</summary>
    public int Port { get; } = LoopbackPort.Free();

    /// <summary>The address for clients, <c>127.0.0.1:port</c>.</summary>
    public string BootstrapServers => $"127.0.0.1:{Port}";

    /// <summary>The broker's process id.</summary>
    public int Pid => Running.Id;

    private ServerProcess Running => _broker ?? throw new InvalidOperationException("Kafka is not running.");

    private string LogFile => _folder.Combine("kafka.log");

    /// <summary>Starts ZooKeeper and the broker.</summary>
    /// <exception cref="MissingPartException">Kafka or Java is not installed.</exception>
    public static async Task<KafkaBroker> StartAsync(CancellationToken ct = default)
    {
        var broker = new KafkaBroker(KafkaFiles.Find());
        try
        {
            await broker.StartZooKeeperAsync(ct);
            await broker.StartAgainAsync(ct);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the broker after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same data and port.</summary>
    public async Task StartAgainAsync(CancellationToken ct = default)
    {
        if (_broker is not null) throw new InvalidOperationException("Kafka is running.");
        // ZooKeeper keeps a killed broker's registration until its session ends, and refuses its successor as long.
        await Eventually.HoldsAsync("ZooKeeper forgot the old broker", IsForgottenAsync, StartPatience, ct);
        _broker = ServerProcess.Start("Kafka", LogFile, _files.Command(_folder.Path, "512M", "kafka.Kafka", _folder.Combine("server.properties")), _folder.Path);
        await _broker.WaitUntilReadyAsync(async token => await LoopbackPort.AnswersAsync(Port, token) && HasBrokers(), StartPatience, ct);
    }

    /// <summary>Stops the broker in good order.</summary>
    public async Task StopAsync(CancellationToken ct = default)
    {
        Running.Send(UnixSignal.Terminate);
        await Running.WaitForExitAsync(StopPatience, ct);
        Forget();
    }

    /// <summary>Stands still until <see cref="Thaw"/>: connections stay open, and nothing is answered.</summary>
    public void Freeze() => Running.Send(UnixSignal.Stop);

    public void Thaw() => Running.Send(UnixSignal.Continue);

    /// <summary>kill -9 of the broker; ZooKeeper goes on. Returns when it is gone.</summary>
    public async Task KillAsync()
    {
        await Running.KillAsync();
        Forget();
    }

    /// <summary>Makes a topic and returns when each of its partitions has a leader. Another number of partitions than the default takes a second more.</summary>
    public async Task CreateTopicAsync(string name, int partitions = DefaultPartitions, CancellationToken ct = default)
    {
        if (partitions != DefaultPartitions)
        {
            string[] arguments = ["--zookeeper", $"127.0.0.1:{_zooKeeperPort}", "--create", "--topic", name, "--partitions", $"{partitions}", "--replication-factor", "1"];
            await Command.RunAsync([.. _files.Command(_folder.Path, "64M", "kafka.admin.TopicCommand", arguments)], ct);
        }

        // To ask a broker of that age about a topic is to make it.
        using var client = Client();
        await Eventually.HoldsAsync($"topic {name} has {partitions} partitions with leaders", () => HasLeaders(client, name, partitions), TopicPatience, ct);
    }

    /// <summary>All that the broker has written to its log, over all its starts.</summary>
    public string ReadLog() => ServerLog.Read(LogFile);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _broker, _zooKeeper }.OfType<ServerProcess>())
        {
            await process.KillAsync();
            process.Dispose();
        }
        _folder.Dispose();
    }

    private async Task StartZooKeeperAsync(CancellationToken ct)
    {
        KafkaFiles.Write(_folder.Path, _zooKeeperPort, Port, DefaultPartitions);
        const string main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        var command = _files.Command(_folder.Path, "64M", main, _folder.Combine("zk.properties"));
        _zooKeeper = ServerProcess.Start("ZooKeeper", _folder.Combine("zookeeper.log"), command, _folder.Path);
        await _zooKeeper.WaitUntilReadyAsync(async token => await AskZooKeeperAsync("ruok", token) == "imok", StartPatience, ct);
    }

    private async ValueTask<bool> IsForgottenAsync(CancellationToken ct) =>
        await AskZooKeeperAsync("dump", ct) is { Length: > 0 } sessions && !sessions.Contains("/brokers/ids/0", StringComparison.Ordinal);

    /// <summary>ZooKeeper answers words of four letters on its port; empty when it does not answer.</summary>
    private async Task<string> AskZooKeeperAsync(string word, CancellationToken ct)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _zooKeeperPort, ct);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(word), ct);
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync(ct);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return "";
        }
    }

    private bool HasBrokers()
    {
        try
        {
            using var client = Client();
            return client.GetMetadata(MetadataTimeout).Brokers.Count > 0;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    private static bool HasLeaders(IAdminClient client, string topic, int partitions)
    {
        try
        {
            var known = client.GetMetadata(topic, MetadataTimeout).Topics.Single();
            return known.Partitions.Count == partitions && known.Partitions.All(partition => partition.Leader >= 0);
        }
        catch (KafkaException)
        {
            // librdkafka reserves too little memory for the old protocol's answer about a topic that has no partitions yet.
            return false;
        }
    }

    private IAdminClient Client() =>
        new AdminClientBuilder(new AdminClientConfig(new Dictionary<string, string>(ClientProperties) { ["bootstrap.servers"] = BootstrapServers }))
            .SetLogHandler((_, _) => { })
            .Build();

    private void Forget()
    {
        _broker?.Dispose();
        _broker = null;
    }
}
