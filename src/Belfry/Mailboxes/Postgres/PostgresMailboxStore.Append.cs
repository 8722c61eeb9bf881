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
                    return await _appends.UseAsync(connection => AppendAsync(connection, batch, distinct, ct), ct);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrors.Fenced)
                {
                    Forget();
                    return new AppendResult.Fenced(batch.Moves[int.Parse(e.Detail!, CultureInfo.InvariantCulture)].Partition);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrors.TaskLost)
                {
                    Forget();
                    return new AppendResult.TaskLost(batch.Steps[int.Parse(e.Detail!, CultureInfo.InvariantCulture)]);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrors.RowLost)
                {
                    Forget();
                    return new AppendResult.RowLost(batch.Rows[int.Parse(e.Detail!, CultureInfo.InvariantCulture)]);
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
            command.Parameters.Add(PostgresArray.Of(rows, NpgsqlDbType.Text, r => r.UserId));
            command.Parameters.Add(PostgresArray.Of(rows, NpgsqlDbType.Bigint, r => r.Seq));
            command.Parameters.Add(PostgresArray.Of(rows, NpgsqlDbType.Uuid, r => r.NotificationId));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) found.Add(reader.GetGuid(0));
            return found;
        });

    /// <summary>
    /// A statement that fails while the driver prepares it by itself can leave its connection out of step: the next use of it
    /// read rows where none were expected. Failures are rare, so every connection is made anew after one.
    /// </summary>
    private void Forget()
    {
        _pool.Clear();
        _appends.GiveBack();
    }

    private static Task<AppendResult> AppendAsync(NpgsqlConnection connection, AppendBatch batch, DistinctItems distinct, CancellationToken ct) =>
        batch is { Tasks.Count: 0, Steps.Count: 0, Rows.Count: 0, Revived.Count: 0 }
            ? AppendAloneAsync(connection, batch, distinct, ct)
            : AppendWithWorkAsync(connection, batch, distinct, ct);

    private static async Task<AppendResult> AppendAloneAsync(NpgsqlConnection connection, AppendBatch batch, DistinctItems distinct, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Sql.Append, connection);
        AddAppend(command.Parameters, batch, distinct);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, ct);
        return new AppendResult.Stored(await ReadAnswersAsync(reader, distinct, ct));
    }

    /// <summary>Several statements, sent together: without an explicit transaction the server takes them as one.</summary>
    private static async Task<AppendResult> AppendWithWorkAsync(NpgsqlConnection connection, AppendBatch batch, DistinctItems distinct, CancellationToken ct)
    {
        await using var commands = new NpgsqlBatch(connection);
        var append = new NpgsqlBatchCommand(Sql.Append);
        AddAppend(append.Parameters, batch, distinct);
        commands.BatchCommands.Add(append);

        var add = new NpgsqlBatchCommand(PostgresTasks.Add);
        PostgresTasks.AddTasks(add.Parameters, batch.Tasks);
        commands.BatchCommands.Add(add);

        if (batch.Steps.Count > 0)
        {
            var step = new NpgsqlBatchCommand(PostgresTasks.Step);
            PostgresTasks.AddSteps(step.Parameters, batch.Steps);
            commands.BatchCommands.Add(step);
        }

        if (batch.Rows.Count > 0)
        {
            var take = new NpgsqlBatchCommand(Sql.TakeOutbox);
            take.Parameters.Add(PostgresArray.Of(batch.Rows, NpgsqlDbType.Xid8, r => r.Transaction));
            take.Parameters.Add(PostgresArray.Of(batch.Rows, NpgsqlDbType.Bigint, r => r.Id));
            commands.BatchCommands.Add(take);
        }

        if (batch.Revived.Count > 0)
        {
            var revive = new NpgsqlBatchCommand(Sql.Revive);
            revive.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. batch.Revived] });
            commands.BatchCommands.Add(revive);
        }

        await using var reader = await commands.ExecuteReaderAsync(ct);
        var answers = await ReadAnswersAsync(reader, distinct, ct);
        await reader.NextResultAsync(ct);
        var added = await PostgresTasks.ReadAddedAsync(reader, batch.Tasks.Count, ct);

        // An error of the last statement is found only there.
        while (await reader.NextResultAsync(ct))
        {
        }

        return new AppendResult.Stored(answers) { Tasks = added };
    }

    private static void AddAppend(NpgsqlParameterCollection to, AppendBatch batch, DistinctItems distinct)
    {
        AddItems(to, distinct.Items);
        AddMoves(to, batch.Moves);
        AddDeadLetters(to, batch.DeadLetters);
        AddEnds(to, distinct.Items);
    }

    private static async Task<Appended[]> ReadAnswersAsync(NpgsqlDataReader reader, DistinctItems distinct, CancellationToken ct)
    {
        var stored = new Appended[distinct.Items.Count];
        while (await reader.ReadAsync(ct))
        {
            stored[reader.GetInt32(0)] = new Appended(
                reader.GetInt64(1), reader.GetBoolean(2), reader.GetInt32(3), reader.GetDateTime(4), reader.GetBoolean(5));
        }

        return distinct.AnswerAll(stored);
    }

    private static void AddItems(NpgsqlParameterCollection to, IReadOnlyList<NewNotification> items)
    {
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Text, i => i.UserId));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Uuid, i => i.EventKey));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Uuid, i => i.NotificationId));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Text, i => i.Source));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Text, i => i.EventId));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Text, i => i.EventType));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Smallint, i => (short)i.Priority));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.TimestampTz, i => i.EventTimestamp));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Text, i => i.Traceparent));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Json, i => i.Attributes));
        to.Add(PostgresArray.Of(items, NpgsqlDbType.Json, i => i.Payload));
    }

    /// <summary>Empty where no item has one, and the statement then has nothing more to do.</summary>
    private static void AddEnds(NpgsqlParameterCollection to, IReadOnlyList<NewNotification> items)
    {
        to.Add(PostgresArray.Of(items.Any(i => i.ExpiresAt is not null) ? items : [], NpgsqlDbType.TimestampTz, i => i.ExpiresAt));
        to.Add(PostgresArray.Of(items.Any(i => i.CollapseKey is not null) ? items : [], NpgsqlDbType.Text, i => i.CollapseKey));
    }

    private static void AddMoves(NpgsqlParameterCollection to, IReadOnlyList<OffsetMove> moves)
    {
        to.Add(PostgresArray.Of(moves, NpgsqlDbType.Text, m => m.Partition.Cluster));
        to.Add(PostgresArray.Of(moves, NpgsqlDbType.Text, m => m.Partition.Group));
        to.Add(PostgresArray.Of(moves, NpgsqlDbType.Text, m => m.Partition.Topic));
        to.Add(PostgresArray.Of(moves, NpgsqlDbType.Integer, m => m.Partition.Partition));
        to.Add(PostgresArray.Of(moves, NpgsqlDbType.Bigint, m => m.Expected));
        to.Add(PostgresArray.Of(moves, NpgsqlDbType.Bigint, m => m.Next));
    }

    private static void AddDeadLetters(NpgsqlParameterCollection to, IReadOnlyList<NewDeadLetter> letters)
    {
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Text, d => d.Partition.Cluster));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Text, d => d.Partition.Group));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Text, d => d.Partition.Topic));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Integer, d => d.Partition.Partition));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Bigint, d => d.Offset));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Text, d => d.Reason));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Bytea, d => d.Key));
        to.Add(PostgresArray.Of(letters, NpgsqlDbType.Bytea, d => d.Value));
    }

    private static partial class Sql
    {
        public const string Append = """
            SELECT place, seq, duplicate, generation, received_at, hidden
            FROM belfry.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                               $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
            """;

        public const string TakeOutbox = "SELECT belfry.take_outbox($1, $2)";

        public const string Revive = "DELETE FROM belfry.dead_letters WHERE id = ANY ($1)";

        public const string FindOwn = """
            SELECT n.notification_id FROM unnest($1, $2, $3) AS mine(user_id, seq, notification_id)
            JOIN belfry.notifications n ON n.user_id = mine.user_id AND n.seq = mine.seq AND n.notification_id = mine.notification_id
            """;
    }
}
