using Npgsql;
using NpgsqlTypes;

namespace Belfry.Mailboxes.Postgres;

/// <summary>Tasks on their way into the queue: alone, or in the transaction of an append.</summary>
internal static class PostgresTasks
{
    public const string Add = "SELECT place, id, duplicate FROM belfry.add_tasks($1, $2, $3, $4, $5, $6, $7)";

    public const string Step = "SELECT belfry.step_tasks($1, $2, $3)";

    public static void AddTasks(NpgsqlParameterCollection to, IReadOnlyList<NewTask> tasks)
    {
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.Text, t => t.Kind));
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.Uuid, t => t.Key));
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.Smallint, t => (short)t.Priority));
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.TimestampTz, t => t.RunAt));
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.Smallint, t => (short)t.MaxAttempts));
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.Bytea, t => t.Body));
        to.Add(PostgresArray.Of(tasks, NpgsqlDbType.Uuid, t => t.EventKey));
    }

    public static void AddSteps(NpgsqlParameterCollection to, IReadOnlyList<TaskStep> steps)
    {
        to.Add(PostgresArray.Of(steps, NpgsqlDbType.Bigint, s => s.TaskId));
        to.Add(PostgresArray.Of(steps, NpgsqlDbType.Integer, s => s.Token));
        to.Add(PostgresArray.Of(steps, NpgsqlDbType.Text, s => s.Progress));
    }

    public static async Task<AddedTask[]> ReadAddedAsync(NpgsqlDataReader reader, int count, CancellationToken ct)
    {
        var added = new AddedTask[count];
        while (await reader.ReadAsync(ct)) added[reader.GetInt32(0)] = new AddedTask(reader.GetInt64(1), reader.GetBoolean(2));
        return added;
    }
}
