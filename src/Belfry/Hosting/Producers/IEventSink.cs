using Belfry.Contracts;

namespace Belfry.Hosting.Producers;

/// <summary>Where producers publish to.</summary>
internal interface IEventSink : IAsyncDisposable
{
    /// <summary>Publishes a batch; the answer comes when what it accepts is safe.</summary>
    /// <exception cref="SinkUnavailableException">Nothing is known to be accepted; the same events may be sent again.</exception>
    /// <exception cref="SinkRefusedException">Nothing will ever be accepted.</exception>
    Task<SendResult> SendAsync(IReadOnlyList<PublishEvent> events, CancellationToken ct);
}

/// <summary>What became of a batch.</summary>
/// <param name="Accepted">How many events are safe.</param>
/// <param name="Rejected">How many were refused.</param>
/// <param name="Reason">Why the first of those was.</param>
internal readonly record struct SendResult(int Accepted, int Rejected, string? Reason);

/// <summary>The other side cannot take anything now.</summary>
internal sealed class SinkUnavailableException(string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>The other side does not let us publish.</summary>
internal sealed class SinkRefusedException(string message) : Exception(message);
