namespace Belfry.Servers;

/// <summary>Requests of the Kafka protocol, by their keys in it, that <see cref="KafkaMock.PushErrorsAsync"/> can let fail.</summary>
public enum KafkaApi
{
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    OffsetCommit = 8,
    OffsetFetch = 9,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    LeaveGroup = 13,
    SyncGroup = 14,
    InitProducerId = 22,
    ConsumerGroupHeartbeat = 68,
}
