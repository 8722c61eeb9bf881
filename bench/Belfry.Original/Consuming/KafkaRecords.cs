using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Consuming;

/// <summary>The consumer group's member, on a thread of its own: fills the queue, and commits what is done.</summary>
internal sealed partial class KafkaRecords(
    string bootstrapServers, IOptions<KafkaSource> source, RecordQueue queue, ILogger<KafkaRecords> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        new Thread(Run) { IsBackground = true, Name = "kafka-records" }.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _ended.Task.WaitAsync(cancellationToken);
    }

    public void Dispose() => _stop.Dispose();

    private void Run()
    {
        try
        {
            using var consumer = new ConsumerBuilder<byte[], byte[]>(Config()).Build();
            consumer.Subscribe(source.Value.Topics);
            while (!_stop.IsCancellationRequested)
            {
                if (Read(consumer) is { } record) HandOn(record, consumer);
                StoreDone(consumer);
            }

            // Commits what is stored, and leaves the group, so that nobody has to wait for the session to time out.
            consumer.Close();
            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            Log.Failed(log, e);
            _ended.TrySetException(e);
        }
    }

    private ConsumerConfig Config()
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = source.Value.GroupId,
            EnableAutoCommit = true,
            AutoCommitIntervalMs = 1000,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
        };
        foreach (var (name, value) in source.Value.Properties) config.Set(name.Replace('_', '.'), value);
        return config;
    }

    private ConsumeResult<byte[], byte[]>? Read(IConsumer<byte[], byte[]> consumer)
    {
        try
        {
            return consumer.Consume(PollTimeout);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            Log.ReadFailed(log, e.Error.Reason);
            return null;
        }
    }

    /// <summary>A full queue means that the table is slow; what is done meanwhile is still stored.</summary>
    private void HandOn(ConsumeResult<byte[], byte[]> record, IConsumer<byte[], byte[]> consumer)
    {
        while (!queue.Writer.TryWrite(record) && !_stop.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(1))) StoreDone(consumer);
    }

    private void StoreDone(IConsumer<byte[], byte[]> consumer)
    {
        var assigned = consumer.Assignment;
        foreach (var next in queue.Done)
        {
            if (assigned.Contains(next.TopicPartition)) consumer.StoreOffset(next);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Kafka cannot be read: {Reason}")]
        public static partial void ReadFailed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Error, "Reading from Kafka has ended")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
