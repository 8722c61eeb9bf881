namespace Belfry.Contracts;

/// <summary>What could not be done: a task after its last attempt, or a record of Kafka or the outbox that is no event.</summary>
public sealed record DeadLetter
{
    /// <summary><c>task-</c> or <c>record-</c> and a number; never given to another one.</summary>
    public required string Id { get; init; }

    /// <summary><c>task</c> or <c>record</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The last attempt's error, or why the record could not become a notification.</summary>
    public required string Reason { get; init; }

    /// <summary>When it became a dead letter, UTC.</summary>
    public required DateTime DiedAt { get; init; }

    /// <summary>The bytes of the body.</summary>
    public required int Size { get; init; }

    /// <summary>Of a task only.</summary>
    public DeadLetterTask? Task { get; init; }

    /// <summary>Of a record only.</summary>
    public DeadLetterRecord? Record { get; init; }

    /// <summary>What the task had to do, or the record's value, as text; absent in lists, and when it is not UTF-8.</summary>
    public string? Body { get; init; }

    /// <summary>The same when it is not UTF-8.</summary>
    public byte[]? BodyBase64 { get; init; }

    /// <summary>The record's key as text; absent in lists, when there is none, and when it is not UTF-8.</summary>
    public string? Key { get; init; }

    /// <summary>The same when it is not UTF-8.</summary>
    public byte[]? KeyBase64 { get; init; }
}

/// <summary>The task that a dead letter was.</summary>
/// <param name="Kind">The kind of work.</param>
/// <param name="Attempts">How many have failed.</param>
/// <param name="Progress">How far it had come; absent when it had not begun.</param>
public sealed record DeadLetterTask(string Kind, int Attempts, int MaxAttempts, DateTime CreatedAt, string? Progress);

/// <summary>Where a dead record stood.</summary>
/// <param name="Cluster"><c>outbox</c> for a row of the outbox, whose number <paramref name="Offset"/> then is.</param>
/// <param name="Relayed">Whether it has been copied to the dead-letter topic.</param>
public sealed record DeadLetterRecord(string Cluster, string Group, string Topic, int Partition, long Offset, bool Relayed);

/// <summary>Dead letters without their bodies, newest first.</summary>
/// <param name="Next">What <c>?before=</c> is for the next page; absent on the last one.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetter> Items, string? Next);

/// <summary>What <c>POST /v1/admin/deadletters/retry</c> and <c>/drop</c> take.</summary>
public sealed record DeadLetterIds(IReadOnlyList<string>? Ids);

/// <summary>What became of each of them.</summary>
/// <param name="Done">Retried or dropped: no dead letters any more.</param>
/// <param name="Missing">There was no such dead letter.</param>
/// <param name="Refused">They would be refused again, and stay.</param>
public sealed record DeadLetterAnswer(IReadOnlyList<string> Done, IReadOnlyList<string> Missing, IReadOnlyList<RefusedDeadLetter> Refused);

/// <summary>A dead letter that stays one.</summary>
public sealed record RefusedDeadLetter(string Id, Problem Problem);
