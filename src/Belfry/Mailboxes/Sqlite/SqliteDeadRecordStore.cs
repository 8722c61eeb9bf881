namespace Belfry.Mailboxes.Sqlite;

/// <summary>Dead records in the file of the mailboxes.</summary>
internal sealed class SqliteDeadRecordStore(SqliteMailboxStore store) : IDeadRecordStore
{
    public Task<IReadOnlyList<DeadRecord>> ListAsync(int max, DeadPlace? before, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<DeadRecord>>("list dead records", session =>
        {
            var (at, id) = before ?? DeadPlace.Newest;
            return Read(session.Prepare(Sql.List).Bind(max).Bind(UnixMicroseconds.From(at)).Bind(id));
        }, ct);

    public Task<DeadRecord?> FindAsync(long id, CancellationToken ct) =>
        store.ReadAsync("find a dead record", session => Read(session.Prepare(Sql.Find).Bind(id)).SingleOrDefault(), ct);

    public Task<IReadOnlyList<DeadRecord>> FindAtAsync(string topic, int partition, long offset, CancellationToken ct) =>
        store.ReadAsync<IReadOnlyList<DeadRecord>>(
            "find dead records of a position", session => Read(session.Prepare(Sql.FindAt).Bind(topic).Bind(partition).Bind(offset)), ct);

    public Task<IReadOnlySet<long>> DropAsync(IReadOnlyList<long> ids, CancellationToken ct) =>
        store.WriteAsync<IReadOnlySet<long>>("drop dead records", session =>
        {
            using var write = store.Begin(session);
            var dropped = new HashSet<long>();
            foreach (var id in ids)
            {
                session.Prepare(Sql.Drop).Bind(id).Run();
                if (session.Changes == 1) dropped.Add(id);
            }

            write.Commit();
            return dropped;
        }, ct);

    private static List<DeadRecord> Read(SqliteStatement rows)
    {
        using (rows)
        {
            var records = new List<DeadRecord>();
            while (rows.Step())
            {
                records.Add(new DeadRecord(
                    Id: rows.Int64(0),
                    new PartitionKey(Cluster: rows.Text(1), Group: rows.Text(2), Topic: rows.Text(3), Partition: rows.Int32(4)),
                    Offset: rows.Int64(5),
                    Reason: rows.Text(6),
                    ReceivedAt: rows.Time(7),
                    Relayed: rows.Int32(8) == 1,
                    Size: rows.Int32(9),
                    Key: rows.BytesOrNull(10),
                    Value: rows.BytesOrNull(11)));
            }

            return records;
        }
    }

    private static class Sql
    {
        private const string Columns = """
            d.id, d.cluster, d.consumer_group, d.topic, d.partition, d.record_offset, d.reason, d.received_at, d.relayed_at IS NOT NULL,
            coalesce(length(d.record_value), 0)
            """;

        public const string List = $"""
            SELECT {Columns}, NULL, NULL FROM dead_letters d
            WHERE (d.received_at, d.id) < (?2, ?3) ORDER BY d.received_at DESC, d.id DESC LIMIT ?1
            """;

        public const string Find = $"SELECT {Columns}, d.record_key, d.record_value FROM dead_letters d WHERE d.id = ?1";

        // The index on positions begins with cluster and group, of which there are few.
        public const string FindAt = $"""
            SELECT {Columns}, NULL, NULL
            FROM (SELECT DISTINCT cluster, consumer_group FROM kafka_offsets WHERE topic = ?1 AND partition = ?2) p
            JOIN dead_letters d ON d.cluster = p.cluster AND d.consumer_group = p.consumer_group
                AND d.topic = ?1 AND d.partition = ?2 AND d.record_offset = ?3
            ORDER BY d.id
            """;

        public const string Drop = "DELETE FROM dead_letters WHERE id = ?1";
    }
}
