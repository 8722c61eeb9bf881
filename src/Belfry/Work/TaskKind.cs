namespace Belfry.Work;

/// <summary>
/// One kind of work. Each is one file in <c>Kinds</c>, found by its type, or registered by the feature whose work it is. A task may run more than once: what it does must bear
/// that, or be written together with its step.
/// </summary>
internal abstract class TaskKind
{
    /// <summary>As it stands in the store; never changes.</summary>
    public abstract string Name { get; }

    /// <summary>How long one run may take; then it has failed.</summary>
    public virtual TimeSpan Timeout => TimeSpan.FromMinutes(1);

    /// <summary>How long to wait before the next attempt.</summary>
    /// <param name="attempts">How many have failed, from 1.</param>
    public virtual TimeSpan RetryAfter(int attempts) => RetryDelays.After(attempts);

    /// <summary>
    /// Does the work. It is done when this returns; an exception is a failed attempt.
    /// </summary>
    /// <param name="ct">The lease is lost, the time is up, or the host stops.</param>
    public abstract Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct);
}

/// <summary>What a run has come to.</summary>
internal enum TaskResult
{
    /// <summary>Done; the queue is to be told.</summary>
    Done,

    /// <summary>Done, and taken out in the very transaction that did it.</summary>
    Gone,

    /// <summary>Another worker has it.</summary>
    Lost,
}

/// <summary>A failure that no further attempt will mend: the task goes to the dead letters at once.</summary>
internal sealed class TaskRefusedException(string message) : Exception(message);
