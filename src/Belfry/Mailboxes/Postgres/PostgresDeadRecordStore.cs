using Npgsql;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Dead records in PostgreSQL.</summary>
internal sealed class PostgresDeadRecordStore(PostgresMailboxStore store) : IDeadRecordStore
{
    public Task<IReadOnlyList<DeadRecord>> ListAsync(int max, DeadPlace? before, CancellationToken ct)
    {
        var (at, id) = before ?? DeadPlace.Newest;
        return ReadAsync("list dead records", Sql.List, [max, at, id], ct);
    }

    public async Task<DeadRecord?> FindAsync(long id, CancellationToken ct) =>
        (await ReadAsync("find a dead record", Sql.Find, [id], ct)).SingleOrDefault();

    public Task<IReadOnlyList<DeadRecord>> FindAtAsync(string topic, int partition, long offset, CancellationToken ct) =>
        ReadAsync("find dead records of a position", Sql.FindAt, [topic, partition, offset], ct);

    public Task<IReadOnlySet<long>> DropAsync(IReadOnlyList<long> ids, CancellationToken ct) =>
        store.UseAsync<IReadOnlySet<long>>("drop dead records", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Drop, connection);
            command.Parameters.Add(new NpgsqlParameter { Value = ids.ToArray() });
            var dropped = new HashSet<long>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) dropped.Add(reader.GetInt64(0));
            return dropped;
        }, ct);

    private Task<IReadOnlyList<DeadRecord>> ReadAsync(string what, string sql, object[] values, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<DeadRecord>>(what, async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            var records = new List<DeadRecord>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                records.Add(new DeadRecord(
                    Id: reader.GetInt64(0),
                    new PartitionKey(Cluster: reader.GetString(1), Group: reader.GetString(2), Topic: reader.GetString(3), Partition: reader.GetInt32(4)),
                    Offset: reader.GetInt64(5),
                    Reason: reader.GetString(6),
                    ReceivedAt: reader.GetDateTime(7),
                    Relayed: reader.GetBoolean(8),
                    Size: reader.GetInt32(9),
                    Key: reader.IsDBNull(10) ? null : reader.GetFieldValue<byte[]>(10),
                    Value: reader.IsDBNull(11) ? null : reader.GetFieldValue<byte[]>(11)));
            }

            return records;
        }, ct);

    private static class Sql
    {
        private const string Columns = """
            d.id, d.cluster, d.consumer_group, d.topic, d.partition, d.record_offset, d.reason, d.received_at, d.relayed_at IS NOT NULL,
            coalesce(octet_length(d.record_value), 0)
            """;

        public const string List = $"""
            SELECT {Columns}, NULL::bytea, NULL::bytea FROM belfry.dead_letters d
            WHERE (d.received_at, d.id) < ($2, $3) ORDER BY d.received_at DESC, d.id DESC LIMIT $1
            """;

        public const string Find = $"SELECT {Columns}, d.record_key, d.record_value FROM belfry.dead_letters d WHERE d.id = $1";

        // The primary key begins with cluster and group, of which there are few.
        public const string FindAt = $"""
            SELECT {Columns}, NULL::bytea, NULL::bytea
            FROM (SELECT DISTINCT cluster, consumer_group FROM belfry.kafka_partitions WHERE topic = $1 AND partition = $2) p
            JOIN belfry.dead_letters d ON d.cluster = p.cluster AND d.consumer_group = p.consumer_group
                AND d.topic = $1 AND d.partition = $2 AND d.record_offset = $3
            ORDER BY d.id
            """;

        public const string Drop = "DELETE FROM belfry.dead_letters WHERE id = ANY ($1) RETURNING id";
    }
}
