namespace Belfry.Bench.Topology;

/// <summary>Where a pipeline keeps what in PostgreSQL. $1 is the prefix of the run's users with a % behind it.</summary>
internal sealed record PostgresQueries
{
    public required string Schema { get; init; }

    public required string Count { get; init; }

    /// <summary>user_id, the number in the payload, seq (0: none), when it was stored.</summary>
    public required string Rows { get; init; }

    /// <summary>status, count.</summary>
    public required string Status { get; init; }

    /// <summary>partition, offset; $1 is the topic.</summary>
    public string? Offsets { get; init; }

    public static PostgresQueries Belfry { get; } = new()
    {
        Schema = "belfry",
        Count = "SELECT count(*) FROM belfry.notifications WHERE user_id LIKE $1",
        Rows = "SELECT user_id, (payload->>'n')::integer, seq, received_at FROM belfry.notifications WHERE user_id LIKE $1",
        Status = "SELECT status, count(*) FROM belfry.notification_status WHERE user_id LIKE $1 GROUP BY status",
        Offsets = """
            SELECT p.partition, max(o.next_offset)
            FROM belfry.kafka_partitions p JOIN belfry.kafka_offsets o ON o.partition_id = p.id
            WHERE p.topic = $1
            GROUP BY p.partition
            """,
    };

    public static PostgresQueries Original { get; } = new()
    {
        Schema = "public",
        Count = "SELECT count(*) FROM notifications WHERE user_id LIKE $1",
        Rows = "SELECT user_id, (payload->>'n')::integer, 0::bigint, created_at FROM notifications WHERE user_id LIKE $1",
        Status = "SELECT CASE status WHEN 'not_pushed' THEN 'pending' ELSE status END, count(*) FROM notifications WHERE user_id LIKE $1 GROUP BY 1",
    };
}
