namespace Belfry.Work;

/// <summary>A failed attempt of which the kind knows more than its message says.</summary>
internal sealed class TaskFailedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What is kept with the task in place of the message, which is logged: it may hold what no log should.</summary>
    public string? Detail { get; init; }

    /// <summary>How long to wait before the next attempt; null: as the kind always does.</summary>
    public TimeSpan? RetryIn { get; init; }
}
