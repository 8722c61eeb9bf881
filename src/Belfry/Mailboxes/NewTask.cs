using Belfry.Contracts;

namespace Belfry.Mailboxes;

/// <summary>A piece of work for the queue. It goes in with the transaction of the batch that carries it.</summary>
/// <param name="Route">What chooses its lane on the way in: the user, or what stands for many.</param>
/// <param name="Kind">Which code runs it.</param>
/// <param name="Key">With the kind, what makes it the same task as one that waits already.</param>
/// <param name="RunAt">UTC; null: at once.</param>
/// <param name="MaxAttempts">After so many failures it is a dead letter.</param>
/// <param name="Body">What the kind needs to know, JSON in UTF-8.</param>
internal sealed record NewTask(string Route, string Kind, Guid Key, Priority Priority, DateTime? RunAt, int MaxAttempts, byte[] Body)
{
    /// <summary>The event that it is about (<see cref="Mailboxes.EventKey"/>), by which a trace finds it; null for other work.</summary>
    public Guid? EventKey { get; init; }

    /// <summary>An estimate of what it holds in memory, in bytes.</summary>
    public int Size => 200 + Body.Length;
}

/// <summary>The queue's answer for one new task.</summary>
/// <param name="Duplicate">Whether a task of the same kind and key waits or runs already; then the id is its.</param>
internal readonly record struct AddedTask(long Id, bool Duplicate);

/// <summary>
/// How far a task has come, written in the transaction that holds what it did. It fails together with it when the task is
/// another worker's by now.
/// </summary>
/// <param name="Token">The fencing token of the claim.</param>
/// <param name="Progress">Where it goes on after a crash; null: it is done.</param>
internal sealed record TaskStep(long TaskId, int Token, string? Progress);
