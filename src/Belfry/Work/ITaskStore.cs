using Belfry.Mailboxes;

namespace Belfry.Work;

/// <summary>
/// Where tasks wait. Two implementations, held to the same promises by the same contract tests. Thread-safe. Every call throws
/// <see cref="StoreUnavailableException"/> when the store does not answer in time, and may be repeated then.
/// </summary>
internal interface ITaskStore
{
    /// <summary>One answer for each task, in order.</summary>
    Task<IReadOnlyList<AddedTask>> AddAsync(IReadOnlyList<NewTask> tasks, CancellationToken ct);

    /// <summary>Takes due tasks that nobody has, the most urgent first, and of those the oldest.</summary>
    Task<IReadOnlyList<ClaimedTask>> ClaimAsync(TaskClaim claim, CancellationToken ct);

    /// <summary>Lengthens leases; answers which tasks are still held with this token.</summary>
    Task<IReadOnlySet<long>> RenewAsync(IReadOnlyList<TaskRef> tasks, TimeSpan lease, CancellationToken ct);

    /// <summary>Takes finished tasks out; answers which were still held with this token.</summary>
    Task<IReadOnlySet<long>> CompleteAsync(IReadOnlyList<TaskRef> tasks, CancellationToken ct);

    /// <summary>Writes how far a task has come; false: it is another worker's.</summary>
    Task<bool> SaveAsync(TaskRef task, string progress, CancellationToken ct);

    /// <summary>Puts failed tasks back, or among the dead letters; answers which of them are dead now.</summary>
    Task<IReadOnlySet<long>> FailAsync(IReadOnlyList<TaskFailure> failures, CancellationToken ct);

    /// <summary>Puts back what was claimed and not begun; it counts as no attempt.</summary>
    Task ReleaseAsync(IReadOnlyList<TaskRef> tasks, CancellationToken ct);

    /// <summary>Frees tasks whose lease has run out; answers how many, and how many of them are dead now.</summary>
    /// <param name="back">How long ago at most; null: whenever it was.</param>
    Task<(int Freed, int Dead)> ReclaimAsync(int max, TimeSpan? back, CancellationToken ct);

    /// <summary>How many wait to be due, are due, are held, and are dead.</summary>
    Task<TaskCounts> CountAsync(CancellationToken ct);

    /// <summary>Who holds how many tasks, and until when; the busiest first.</summary>
    Task<IReadOnlyList<InstanceLeases>> ListLeasesAsync(CancellationToken ct);

    /// <summary>Dead letters without their bodies, newest first.</summary>
    /// <param name="before">Those behind it; null: from the newest.</param>
    Task<IReadOnlyList<DeadTask>> ListDeadAsync(int max, DeadPlace? before, CancellationToken ct);

    /// <summary>Null: there is none with this id.</summary>
    Task<DeadTask?> FindDeadAsync(long id, CancellationToken ct);

    /// <summary>Makes dead letters tasks again, with all their attempts before them; answers which of them there were.</summary>
    Task<IReadOnlySet<long>> RetryDeadAsync(IReadOnlyList<long> ids, CancellationToken ct);

    /// <summary>Forgets dead letters; answers which of them there were.</summary>
    Task<IReadOnlySet<long>> DropDeadAsync(IReadOnlyList<long> ids, CancellationToken ct);
}

/// <summary>A task as its holder names it.</summary>
/// <param name="Token">The fencing token of the claim.</param>
internal readonly record struct TaskRef(long Id, int Token);

/// <summary>What a picker asks for.</summary>
/// <param name="Kinds">The kinds that this instance knows; others are left to newer ones.</param>
/// <param name="Instance">Who claims.</param>
/// <param name="Floors">Of each priority the time below which nothing was left; see <see cref="ClaimFloors"/>.</param>
internal sealed record TaskClaim(IReadOnlyList<string> Kinds, int Max, TimeSpan Lease, Guid Instance, IReadOnlyDictionary<Contracts.Priority, DateTime> Floors);

/// <summary>A task with its lease.</summary>
/// <param name="RunAt">When it became due, UTC.</param>
/// <param name="Attempts">How many have failed.</param>
/// <param name="Progress">What an earlier worker left; null at the beginning.</param>
internal sealed record ClaimedTask(
    long Id, string Kind, int Token, Contracts.Priority Priority, DateTime RunAt, DateTime CreatedAt, int Attempts, int MaxAttempts, string? Progress, byte[] Body)
{
    public TaskRef Ref => new(Id, Token);
}

/// <summary>A failed attempt.</summary>
/// <param name="RetryIn">Null: never again.</param>
internal sealed record TaskFailure(TaskRef Task, string Error, TimeSpan? RetryIn);

/// <summary>The queue at a glance.</summary>
internal readonly record struct TaskCounts(long Scheduled, long Due, long Held, long Dead);

/// <summary>The tasks that one instance holds.</summary>
/// <param name="Instance">Null in a store that only one process has.</param>
/// <param name="FirstEnd">When the first of the leases runs out, unless it is renewed.</param>
/// <param name="LastEnd">When the last one does.</param>
internal sealed record InstanceLeases(Guid? Instance, long Tasks, DateTime FirstEnd, DateTime LastEnd);

/// <summary>A task that failed for the last time.</summary>
/// <param name="Size">The body's bytes.</param>
/// <param name="Body">Null in a list.</param>
internal sealed record DeadTask(
    long Id, string Kind, DateTime CreatedAt, DateTime DiedAt, int Attempts, int MaxAttempts, string? LastError, string? Progress, int Size, byte[]? Body);
