namespace Belfry.Mailboxes.Sqlite;

/// <summary>Tasks on their way into the queue: alone, or in the transaction of an append.</summary>
internal static class SqliteTasks
{
    private const string Insert = """
        INSERT INTO tasks (kind, task_key, priority, run_at, created_at, max_attempts, body, event_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (task_key, kind) DO NOTHING
        """;

    private const string Find = "SELECT id FROM tasks WHERE task_key = ?1 AND kind = ?2";

    private const string Finish = "DELETE FROM tasks WHERE id = ?1 AND token = ?2";

    private const string Save = "UPDATE tasks SET progress = ?3 WHERE id = ?1 AND token = ?2";

    public static AddedTask Add(SqliteSession session, NewTask task, long now)
    {
        var runAt = task.RunAt is { } at ? Math.Max(now, UnixMicroseconds.From(at)) : now;
        session.Prepare(Insert)
            .Bind(task.Kind)
            .Bind(task.Key)
            .Bind((long)task.Priority)
            .Bind(runAt)
            .Bind(now)
            .Bind(task.MaxAttempts)
            .Bind(task.Body)
            .Bind(task.EventKey)
            .Run();
        var added = session.Changes == 1;
        using var row = session.Prepare(Find).Bind(task.Key).Bind(task.Kind);
        if (!row.Step()) throw new InvalidOperationException("A task that was added is not there.");
        return new AddedTask(row.Int64(0), Duplicate: !added);
    }

    /// <summary>False: the task is another worker's.</summary>
    public static bool TryStep(SqliteSession session, TaskStep step)
    {
        if (step.Progress is null) session.Prepare(Finish).Bind(step.TaskId).Bind(step.Token).Run();
        else session.Prepare(Save).Bind(step.TaskId).Bind(step.Token).Bind(step.Progress).Run();
        return session.Changes == 1;
    }
}
