using System.Data;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>The append: one statement, one round trip, one transaction (see the migration that defines the function).</summary>
internal sealed partial class PostgresMailboxStore
{
    public Task<AppendResult> AppendAsync(AppendBatch batch, CancellationToken ct) =>
        GuardAsync<AppendResult>("append", async () =>
        {
            var distinct = new DistinctItems(batch.Items);
            while (true)
            {
                try
                {
                    return new AppendResult.Stored(await _appends.UseAsync(connection => AppendAsync(connection, batch, distinct, ct), ct));
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrors.Fenced)
                {
                    Forget();
                    return new AppendResult.Fenced(batch.Moves[int.Parse(e.Detail!, CultureInfo.InvariantCulture)].Partition);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrors.NoPartition)
                {
                    Forget();
                    await EnsurePartitionsAsync(ct);
                }
                catch (PostgresException e) when (PostgresErrors.IsRefusal(e))
                {
                    Forget();
                    return new AppendResult.Refused($"{e.SqlState}: {e.MessageText}");
                }
            }
        });

    public Task<IReadOnlySet<Guid>> FindOwnAsync(IReadOnlyList<(string UserId, long Seq, Guid NotificationId)> rows, CancellationToken ct) =>
        GuardAsync<IReadOnlySet<Guid>>("find own rows", async () =>
        {
            var found = new HashSet<Guid>();
            await using var command = _pool.CreateCommand(Sql.FindOwn);
            command.Parameters.Add(Array(rows, NpgsqlDbType.Text, r => r.UserId));
            command.Parameters.Add(Array(rows, NpgsqlDbType.Bigint, r => r.Seq));
            command.Parameters.Add(Array(rows, NpgsqlDbType.Uuid, r => r.NotificationId));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) found.Add(reader.GetGuid(0));
            return found;
        });

    /// <summary>
    /// A statement that fails while the driver prepares it by itself can leave its connection out of step: the next use of it
    /// read rows where none were expected. Failures are rare, so every connection is made anew after one.
    /// </summary>
    private void Forget() => _appends.Clear();

    private static async Task<Appended[]> AppendAsync(NpgsqlConnection connection, AppendBatch batch, DistinctItems distinct, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Sql.Append, connection);
        AddItems(command.Parameters, distinct.Items);
        AddMoves(command.Parameters, batch.Moves);
        AddDeadLetters(command.Parameters, batch.DeadLetters);

        var stored = new Appended[distinct.Items.Count];
        await using (var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, ct))
        {
            while (await reader.ReadAsync(ct))
            {
                stored[reader.GetInt32(0)] =
                    new Appended(reader.GetInt64(1), reader.GetBoolean(2), reader.GetInt32(3), reader.GetDateTime(4));
            }
        }

        return distinct.AnswerAll(stored);
    }

    private static void AddItems(NpgsqlParameterCollection to, IReadOnlyList<NewNotification> items)
    {
        to.Add(Array(items, NpgsqlDbType.Text, i => i.UserId));
        to.Add(Array(items, NpgsqlDbType.Uuid, i => i.EventKey));
        to.Add(Array(items, NpgsqlDbType.Uuid, i => i.NotificationId));
        to.Add(Array(items, NpgsqlDbType.Text, i => i.Source));
        to.Add(Array(items, NpgsqlDbType.Text, i => i.EventId));
        to.Add(Array(items, NpgsqlDbType.Text, i => i.EventType));
        to.Add(Array(items, NpgsqlDbType.Smallint, i => (short)i.Priority));
        to.Add(Array(items, NpgsqlDbType.TimestampTz, i => i.EventTimestamp));
        to.Add(Array(items, NpgsqlDbType.Text, i => i.Traceparent));
        to.Add(Array(items, NpgsqlDbType.Json, i => i.Attributes));
        to.Add(Array(items, NpgsqlDbType.Json, i => i.Payload));
    }

    private static void AddMoves(NpgsqlParameterCollection to, IReadOnlyList<OffsetMove> moves)
    {
        to.Add(Array(moves, NpgsqlDbType.Text, m => m.Partition.Cluster));
        to.Add(Array(moves, NpgsqlDbType.Text, m => m.Partition.Group));
        to.Add(Array(moves, NpgsqlDbType.Text, m => m.Partition.Topic));
        to.Add(Array(moves, NpgsqlDbType.Integer, m => m.Partition.Partition));
        to.Add(Array(moves, NpgsqlDbType.Bigint, m => m.Expected));
        to.Add(Array(moves, NpgsqlDbType.Bigint, m => m.Next));
    }

    private static void AddDeadLetters(NpgsqlParameterCollection to, IReadOnlyList<NewDeadLetter> letters)
    {
        to.Add(Array(letters, NpgsqlDbType.Text, d => d.Partition.Cluster));
        to.Add(Array(letters, NpgsqlDbType.Text, d => d.Partition.Group));
        to.Add(Array(letters, NpgsqlDbType.Text, d => d.Partition.Topic));
        to.Add(Array(letters, NpgsqlDbType.Integer, d => d.Partition.Partition));
        to.Add(Array(letters, NpgsqlDbType.Bigint, d => d.Offset));
        to.Add(Array(letters, NpgsqlDbType.Text, d => d.Reason));
        to.Add(Array(letters, NpgsqlDbType.Bytea, d => d.Key));
        to.Add(Array(letters, NpgsqlDbType.Bytea, d => d.Value));
    }

    private static NpgsqlParameter<T[]> Array<TFrom, T>(IReadOnlyList<TFrom> rows, NpgsqlDbType type, Func<TFrom, T> column)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = column(rows[i]);
        return new NpgsqlParameter<T[]> { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = values };
    }

    private static partial class Sql
    {
        public const string Append = """
            SELECT place, seq, duplicate, generation, received_at
            FROM belfry.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                               $18, $19, $20, $21, $22, $23, $24, $25)
            """;

        public const string FindOwn = """
            SELECT n.notification_id FROM unnest($1, $2, $3) AS mine(user_id, seq, notification_id)
            JOIN belfry.notifications n ON n.user_id = mine.user_id AND n.seq = mine.seq AND n.notification_id = mine.notification_id
            """;
    }
}
