using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>Who takes what a <see cref="KafkaReader"/> reads. Called on the reader's thread, where nothing else is said.</summary>
internal interface IRecordSink
{
    /// <summary>The number of partitions of a topic; told after each connecting, and again from time to time.</summary>
    void SawTopic(string topic, int partitions);

    /// <summary>Completes when <see cref="FindStartsAsync"/> can be expected to answer; no group is joined before. On any thread.</summary>
    Task WhenReadyAsync(CancellationToken ct);

    /// <summary>A partition is ours from now on; nothing of it comes before <see cref="FindStartsAsync"/> has answered for it.</summary>
    IPartitionSink Open(TopicPartition partition);

    /// <summary>
    /// Where reading begins. A partition that is missing in the answer begins where the group last committed in Kafka, else at its
    /// oldest record. On any thread. What it throws is logged, and it is asked again.
    /// </summary>
    Task<IReadOnlyDictionary<TopicPartition, long>> FindStartsAsync(IReadOnlyList<IPartitionSink> partitions, CancellationToken ct);
}

/// <summary>One partition, from its assignment until it is taken away or found to be another consumer's.</summary>
internal interface IPartitionSink
{
    TopicPartition Partition { get; }

    /// <summary>The next offset behind everything that is done for good; null: nothing is. The reader commits it to Kafka, where lag tools look.</summary>
    long? Done { get; }

    /// <summary>Time to resume after a refusal.</summary>
    bool HasRoom { get; }

    /// <summary>After a refusal: completes when it is worth trying again. The same task for partitions that fill up together.</summary>
    Task Room { get; }

    /// <summary>Takes the next record; false: there is no room, and the same record is offered again later.</summary>
    bool TryTake(ConsumeResult<byte[], byte[]> record);

    /// <summary>Nothing more comes; completes when everything that was taken is done.</summary>
    Task DrainAsync();

    /// <summary>The partition is another's: what is not done by now must not be done.</summary>
    void Lose();
}
