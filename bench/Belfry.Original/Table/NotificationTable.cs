using Npgsql;
using NpgsqlTypes;

namespace Belfry.Original.Table;

/// <summary>
/// The original's one table and its statements, each prepared once on every connection of the pool. Thread-safe.
/// </summary>
internal sealed partial class NotificationTable(NpgsqlDataSource source, bool asPublished)
{
    private readonly string _claim = asPublished ? Sql.ClaimAsPublished : Sql.ClaimRepaired;

    /// <summary>Makes the table and its three indexes where they are not there yet.</summary>
    public async Task CreateAsync(CancellationToken ct)
    {
        await using var create = source.CreateCommand($"{Sql.Create} {(asPublished ? Sql.CreateIndexAsPublished : Sql.CreateIndexRepaired)}");
        await create.ExecuteNonQueryAsync(ct);
    }

    /// <summary>As published: a transaction of its own.</summary>
    public async Task InsertAsync(NotificationRow row, CancellationToken ct)
    {
        await using var insert = source.CreateCommand(Sql.InsertOne);
        var parameters = insert.Parameters;
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = row.NotificationId });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = row.UserId });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = row.EventType });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = row.Priority });
        parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = row.EventTimestamp });
        parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = row.ReceivedTimestamp });
        parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = row.Payload, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await insert.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Repaired: all of them or none. The answer is how many were new.</summary>
    public async Task<int> InsertAsync(IReadOnlyList<NotificationRow> rows, CancellationToken ct)
    {
        await using var insert = source.CreateCommand(Sql.InsertMany);
        var parameters = insert.Parameters;
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. rows.Select(row => row.NotificationId)] });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => row.UserId)] });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => row.EventType)] });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(row => row.Priority)] });
        parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. rows.Select(row => row.EventTimestamp)] });
        parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. rows.Select(row => row.ReceivedTimestamp)] });
        parameters.Add(new NpgsqlParameter<byte[][]>
        {
            TypedValue = [.. rows.Select(row => row.Payload)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        });
        return await insert.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Takes rows that nobody has taken, and nobody is taking, for the time of the lease.</summary>
    public async Task<List<NotificationRow>> ClaimAsync(string instanceId, TimeSpan lease, int limit, CancellationToken ct)
    {
        await using var claim = source.CreateCommand(_claim);
        claim.Parameters.Add(new NpgsqlParameter<string> { TypedValue = instanceId });
        claim.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        claim.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });

        var claimed = new List<(NotificationRow Row, DateTime CreatedAt)>();
        await using (var reader = await claim.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) claimed.Add((Read(reader), reader.GetDateTime(7)));
        }

        // RETURNING has no order, whatever the order in which the rows were chosen.
        if (!asPublished) claimed.Sort(static (a, b) => ByPriorityThenAge((a.Row.Priority, a.CreatedAt), (b.Row.Priority, b.CreatedAt)));
        return claimed.ConvertAll(static one => one.Row);
    }

    /// <summary>As published: each row in a transaction of its own.</summary>
    public async Task MarkAsync(Guid notificationId, string status, CancellationToken ct)
    {
        await using var mark = source.CreateCommand(Sql.MarkOne);
        mark.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = notificationId });
        mark.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status });
        await mark.ExecuteNonQueryAsync(ct);
    }

    public async Task MarkAsync(Guid[] notificationIds, string status, CancellationToken ct)
    {
        await using var mark = source.CreateCommand(Sql.MarkMany);
        mark.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = notificationIds });
        mark.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status });
        await mark.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Gives back what was claimed and not finished within its lease; the answer is how many rows.</summary>
    public async Task<int> ReclaimAsync(CancellationToken ct)
    {
        await using var reclaim = source.CreateCommand(Sql.Reclaim);
        return await reclaim.ExecuteNonQueryAsync(ct);
    }

    private static NotificationRow Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetString(3),
        reader.GetDateTime(4),
        reader.GetDateTime(5),
        reader.GetFieldValue<byte[]>(6));

    private static int ByPriorityThenAge((string Priority, DateTime CreatedAt) a, (string Priority, DateTime CreatedAt) b)
    {
        var byPriority = Rank(a.Priority).CompareTo(Rank(b.Priority));
        return byPriority != 0 ? byPriority : a.CreatedAt.CompareTo(b.CreatedAt);
    }

    private static int Rank(string priority) => priority switch { "HIGH" => 0, "LOW" => 2, _ => 1 };
}
