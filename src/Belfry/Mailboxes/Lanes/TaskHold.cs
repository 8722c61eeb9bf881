namespace Belfry.Mailboxes.Lanes;

/// <summary>A worker's hold on the task whose work its items are. Any thread.</summary>
internal sealed class TaskHold(long taskId, int token)
{
    private volatile bool _held = true;

    public long TaskId { get; } = taskId;

    public int Token { get; } = token;

    /// <summary>False once another worker has the task: what is left of the items is dropped.</summary>
    public bool IsHeld => _held;

    public void Lose() => _held = false;

    public TaskStep StepTo(string? progress) => new(TaskId, Token, progress);
}
