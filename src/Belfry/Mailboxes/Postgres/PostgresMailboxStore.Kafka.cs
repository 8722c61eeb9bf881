using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Stored Kafka positions and dead letters.</summary>
internal sealed partial class PostgresMailboxStore
{
    public Task<IReadOnlyDictionary<PartitionKey, long>> ReadOffsetsAsync(IReadOnlyList<PartitionKey> partitions, CancellationToken ct) =>
        GuardAsync<IReadOnlyDictionary<PartitionKey, long>>("read offsets", async () =>
        {
            var offsets = new Dictionary<PartitionKey, long>();
            await using var connection = await _pool.OpenConnectionAsync(ct);
            await using (var enter = new NpgsqlCommand(Sql.EnterPartitions, connection))
            {
                AddPartitions(enter.Parameters, partitions);
                await enter.ExecuteNonQueryAsync(ct);
            }

            await using var read = new NpgsqlCommand(Sql.ReadOffsets, connection);
            AddPartitions(read.Parameters, partitions);
            await using var reader = await read.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) offsets[ReadPartition(reader)] = reader.GetInt64(4);
            return offsets;
        });

    public Task<IReadOnlyList<(PartitionKey Partition, long Next)>> ListOffsetsAsync(CancellationToken ct) =>
        GuardAsync<IReadOnlyList<(PartitionKey Partition, long Next)>>("list offsets", async () =>
        {
            var offsets = new List<(PartitionKey, long)>();
            await using var command = _pool.CreateCommand(Sql.ListOffsets);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) offsets.Add((ReadPartition(reader), reader.GetInt64(4)));
            return offsets;
        });

    public Task SetOffsetAsync(PartitionKey partition, long next, CancellationToken ct) =>
        GuardAsync("set an offset", async () =>
        {
            await using var connection = await _pool.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            foreach (var sql in (string[])[Sql.EnterPartitions, Sql.LockPartition, Sql.ForgetOffsets])
            {
                await using var command = new NpgsqlCommand(sql, connection, transaction);
                AddPartitions(command.Parameters, [partition]);
                await command.ExecuteNonQueryAsync(ct);
            }

            await using (var command = new NpgsqlCommand(Sql.SetOffset, connection, transaction))
            {
                AddPartitions(command.Parameters, [partition]);
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = next });
                await command.ExecuteNonQueryAsync(ct);
            }

            await transaction.CommitAsync(ct);
            return true;
        });

    public Task<IReadOnlyList<StoredDeadLetter>> ReadUnrelayedAsync(int max, CancellationToken ct) =>
        GuardAsync<IReadOnlyList<StoredDeadLetter>>("read dead letters", async () =>
        {
            var letters = new List<StoredDeadLetter>();
            await using var command = _pool.CreateCommand(Sql.ReadUnrelayed);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var letter = new NewDeadLetter(
                    ReadPartition(reader),
                    Offset: reader.GetInt64(4),
                    Reason: reader.GetString(5),
                    Key: reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6),
                    Value: reader.IsDBNull(7) ? null : reader.GetFieldValue<byte[]>(7));
                letters.Add(new StoredDeadLetter(letter, reader.GetDateTime(8), Relayed: false));
            }

            return letters;
        });

    public Task MarkRelayedAsync(IReadOnlyList<NewDeadLetter> letters, CancellationToken ct) =>
        GuardAsync("mark dead letters", async () =>
        {
            await using var command = _pool.CreateCommand(Sql.MarkRelayed);
            AddPartitions(command.Parameters, [.. letters.Select(l => l.Partition)]);
            command.Parameters.Add(PostgresArray.Of(letters, NpgsqlDbType.Bigint, l => l.Offset));
            return await command.ExecuteNonQueryAsync(ct);
        });

    private static void AddPartitions(NpgsqlParameterCollection to, IReadOnlyList<PartitionKey> partitions)
    {
        to.Add(PostgresArray.Of(partitions, NpgsqlDbType.Text, p => p.Cluster));
        to.Add(PostgresArray.Of(partitions, NpgsqlDbType.Text, p => p.Group));
        to.Add(PostgresArray.Of(partitions, NpgsqlDbType.Text, p => p.Topic));
        to.Add(PostgresArray.Of(partitions, NpgsqlDbType.Integer, p => p.Partition));
    }

    private static PartitionKey ReadPartition(NpgsqlDataReader row) =>
        new(Cluster: row.GetString(0), Group: row.GetString(1), Topic: row.GetString(2), Partition: row.GetInt32(3));

    private static partial class Sql
    {
        private const string Given = "unnest($1, $2, $3, $4) AS given(cluster, consumer_group, topic, partition)";

        public const string EnterPartitions = $"""
            INSERT INTO belfry.kafka_partitions (cluster, consumer_group, topic, partition)
            SELECT * FROM {Given} ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING
            """;

        private const string NextOffset =
            "coalesce((SELECT max(o.next_offset) FROM belfry.kafka_offsets o WHERE o.partition_id = p.id), -1)";

        public const string ReadOffsets = $"""
            SELECT p.cluster, p.consumer_group, p.topic, p.partition, {NextOffset}
            FROM belfry.kafka_partitions p JOIN {Given} USING (cluster, consumer_group, topic, partition)
            """;

        public const string ListOffsets = $"""
            SELECT p.cluster, p.consumer_group, p.topic, p.partition, {NextOffset}
            FROM belfry.kafka_partitions p ORDER BY 1, 2, 3, 4
            """;

        private const string ThePartition =
            $"(SELECT p.id FROM belfry.kafka_partitions p JOIN {Given} USING (cluster, consumer_group, topic, partition))";

        public const string LockPartition = $"SELECT FROM belfry.kafka_partitions WHERE id = {ThePartition} FOR NO KEY UPDATE";

        public const string ForgetOffsets = $"DELETE FROM belfry.kafka_offsets WHERE partition_id = {ThePartition}";

        public const string SetOffset = $"INSERT INTO belfry.kafka_offsets SELECT {ThePartition}, $5";

        public const string ReadUnrelayed = """
            SELECT cluster, consumer_group, topic, partition, record_offset, reason, record_key, record_value, received_at
            FROM belfry.dead_letters WHERE relayed_at IS NULL ORDER BY received_at LIMIT $1
            """;

        public const string MarkRelayed = """
            UPDATE belfry.dead_letters d SET relayed_at = belfry.now()
            FROM unnest($1, $2, $3, $4, $5) AS done(cluster, consumer_group, topic, partition, record_offset)
            WHERE d.cluster = done.cluster AND d.consumer_group = done.consumer_group AND d.topic = done.topic
              AND d.partition = done.partition AND d.record_offset = done.record_offset
            """;
    }
}
