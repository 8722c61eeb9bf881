namespace Belfry.Cluster.Wakes;

/// <summary>
/// Carries short messages between instances. Two implementations, PostgreSQL's NOTIFY and Redis' pub/sub, held to the same
/// promises by the same contract tests: a message reaches all who listen, or is lost; it is never waited for. Thread-safe.
/// </summary>
internal interface IWakeBus
{
    /// <summary>What carries them, as logs name it.</summary>
    string Name { get; }

    /// <summary>Sends all of them, or throws.</summary>
    /// <exception cref="WakeBusException">They may not have been sent.</exception>
    Task SendAsync(IReadOnlyList<string> messages, CancellationToken ct);

    /// <summary>Listens until the connection breaks, which is an exception, or the token ends it.</summary>
    /// <param name="listening">Called when what is sent from now on will come. May be called again.</param>
    /// <param name="received">Called for each message, one after the other. Must not block.</param>
    /// <exception cref="WakeBusException">The connection broke, or could not be made.</exception>
    Task ListenAsync(Action listening, Action<string> received, CancellationToken ct);
}

/// <summary>The bus is away.</summary>
internal sealed class WakeBusException(string message, Exception inner) : Exception(message, inner);
