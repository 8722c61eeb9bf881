namespace Belfry.Mailboxes.Sqlite;

/// <summary>Stored Kafka positions and dead letters.</summary>
internal sealed partial class SqliteMailboxStore
{
    public Task<IReadOnlyDictionary<PartitionKey, long>> ReadOffsetsAsync(IReadOnlyList<PartitionKey> partitions, CancellationToken ct) =>
        WriteAsync<IReadOnlyDictionary<PartitionKey, long>>("read offsets", session =>
        {
            var offsets = new Dictionary<PartitionKey, long>();
            using var write = Begin(session);
            foreach (var partition in partitions)
            {
                BindPartition(session.Prepare(Sql.EnterPartition), partition).Run();
                using var row = BindPartition(session.Prepare(Sql.ReadOffset), partition);
                if (row.Step()) offsets[partition] = row.Int64(0);
            }

            write.Commit();
            return offsets;
        }, ct);

    public Task<IReadOnlyList<(PartitionKey Partition, long Next)>> ListOffsetsAsync(CancellationToken ct) =>
        ReadAsync<IReadOnlyList<(PartitionKey Partition, long Next)>>("list offsets", session =>
        {
            var offsets = new List<(PartitionKey, long)>();
            using var rows = session.Prepare(Sql.ListOffsets);
            while (rows.Step()) offsets.Add((ReadPartition(rows), rows.Int64(4)));
            return offsets;
        }, ct);

    public Task SetOffsetAsync(PartitionKey partition, long next, CancellationToken ct) =>
        WriteAsync("set an offset", session =>
        {
            using var write = Begin(session);
            BindPartition(session.Prepare(Sql.SetOffset), partition).Bind(next).Run();
            write.Commit();
            return true;
        }, ct);

    public Task<IReadOnlyList<StoredDeadLetter>> ReadUnrelayedAsync(int max, CancellationToken ct) =>
        ReadAsync<IReadOnlyList<StoredDeadLetter>>("read dead letters", session =>
        {
            var letters = new List<StoredDeadLetter>();
            using var rows = session.Prepare(Sql.ReadUnrelayed).Bind(max);
            while (rows.Step())
            {
                var letter = new NewDeadLetter(
                    ReadPartition(rows),
                    Offset: rows.Int64(4),
                    Reason: rows.Text(5),
                    Key: rows.BytesOrNull(6),
                    Value: rows.BytesOrNull(7));
                letters.Add(new StoredDeadLetter(letter, rows.Time(8), Relayed: false));
            }

            return letters;
        }, ct);

    public Task MarkRelayedAsync(IReadOnlyList<NewDeadLetter> letters, CancellationToken ct) =>
        WriteAsync("mark dead letters", session =>
        {
            using var write = Begin(session);
            foreach (var letter in letters) BindPartition(session.Prepare(Sql.MarkRelayed), letter.Partition).Bind(letter.Offset).Bind(Now).Run();
            write.Commit();
            return true;
        }, ct);

    /// <summary>False: the partition does not stand where its consumer left it.</summary>
    private static bool TryMove(SqliteSession session, OffsetMove move)
    {
        if (move.Expected < 0) BindPartition(session.Prepare(Sql.EnterPartition), move.Partition).Run();
        BindPartition(session.Prepare(Sql.MoveOffset), move.Partition).Bind(move.Expected).Bind(move.Next).Run();
        return session.Changes == 1;
    }

    private static void Insert(SqliteSession session, NewDeadLetter letter, long now) =>
        BindPartition(session.Prepare(Sql.InsertDeadLetter), letter.Partition)
            .Bind(letter.Offset)
            .Bind(letter.Reason)
            .Bind(letter.Key)
            .Bind(letter.Value)
            .Bind(now)
            .Run();

    private static SqliteStatement BindPartition(SqliteStatement statement, PartitionKey partition) =>
        statement.Bind(partition.Cluster).Bind(partition.Group).Bind(partition.Topic).Bind(partition.Partition);

    private static PartitionKey ReadPartition(SqliteStatement row) =>
        new(Cluster: row.Text(0), Group: row.Text(1), Topic: row.Text(2), Partition: row.Int32(3));

    private static partial class Sql
    {
        private const string ThePartition = "cluster = ?1 AND consumer_group = ?2 AND topic = ?3 AND partition = ?4";

        public const string EnterPartition = "INSERT INTO kafka_offsets VALUES (?1, ?2, ?3, ?4, -1) ON CONFLICT DO NOTHING";

        public const string ReadOffset = $"SELECT next_offset FROM kafka_offsets WHERE {ThePartition}";

        public const string ListOffsets =
            "SELECT cluster, consumer_group, topic, partition, next_offset FROM kafka_offsets ORDER BY 1, 2, 3, 4";

        public const string MoveOffset = $"UPDATE kafka_offsets SET next_offset = ?6 WHERE {ThePartition} AND next_offset = ?5";

        public const string SetOffset = """
            INSERT INTO kafka_offsets VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset
            """;

        public const string InsertDeadLetter = """
            INSERT INTO dead_letters (cluster, consumer_group, topic, partition, record_offset, reason, record_key, record_value, received_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING
            """;

        public const string ReadUnrelayed = """
            SELECT cluster, consumer_group, topic, partition, record_offset, reason, record_key, record_value, received_at
            FROM dead_letters WHERE relayed_at IS NULL ORDER BY received_at, record_offset LIMIT ?1
            """;

        public const string MarkRelayed = $"UPDATE dead_letters SET relayed_at = ?6 WHERE {ThePartition} AND record_offset = ?5";
    }
}
