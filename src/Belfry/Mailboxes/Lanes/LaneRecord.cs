namespace Belfry.Mailboxes.Lanes;

/// <summary>The Kafka record that an item came from. The partition's offset moves with the last of its items.</summary>
/// <param name="Lease">The consumer's hold on the partition.</param>
/// <param name="Offset">Where the record stands in it.</param>
internal sealed record LaneRecord(IKafkaLease Lease, long Offset, byte[]? Key, byte[]? Value) : LaneSource
{
    public override int Size => (Key?.Length ?? 0) + (Value?.Length ?? 0);

    public override bool IsHeld => Lease.IsHeld;

    public override NewDeadLetter ToDeadLetter(string reason) => new(Lease.Partition, Offset, reason, Key, Value);
}

/// <summary>A consumer's hold on one Kafka partition, from its assignment until it is taken away.</summary>
internal interface IKafkaLease
{
    PartitionKey Partition { get; }

    /// <summary>The next offset that this consumer itself read or wrote last. Only the partition's lane moves it.</summary>
    long Expected { get; set; }

    /// <summary>False once the partition was taken away or found moved by another consumer: what is left of it is dropped.</summary>
    bool IsHeld { get; }

    /// <summary>Another consumer has moved the offset: forget what is buffered, read the stored offset, begin there.</summary>
    void Fenced();
}
