namespace Belfry.Work.Webhooks;

/// <summary>
/// Keeps an instance from knocking at an endpoint that does not take anything: after some failures in a row nothing is begun for
/// a while, then one message is tried; when that fails too, the next pause is twice as long. Thread-safe.
/// </summary>
/// <param name="patience">After so long a message that was let through to try is taken to be lost, and another one is.</param>
internal sealed class EndpointPause(TimeSpan patience, TimeProvider time)
{
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private const int FailuresInARow = 5;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private int _failures;

    // Until a message is taken: a pause, and the tries after it.
    private bool _paused;

    // How many pauses in a row were our own idea.
    private int _pauses;
    private DateTimeOffset _until;
    private DateTimeOffset _trying;

    public bool IsPaused
    {
        get
        {
            lock (_gate) return _paused;
        }
    }

    /// <summary>How many of so many messages may be begun now. In a pause none; after it one.</summary>
    public int Admit(int wanted)
    {
        lock (_gate)
        {
            if (!_paused) return wanted;
            var now = time.GetUtcNow();
            if (now < _until || now < _trying) return 0;
            _trying = now + patience;
            return 1;
        }
    }

    /// <summary>True: this ended a pause.</summary>
    public bool Succeeded()
    {
        lock (_gate)
        {
            var ended = _paused;
            (_paused, _failures, _pauses, _trying) = (false, 0, 0, default);
            return ended;
        }
    }

    /// <summary>The message did not have to be sent, which says nothing of the endpoint. True: another one may be tried at once.</summary>
    public bool Skipped()
    {
        lock (_gate)
        {
            _trying = default;
            return _paused;
        }
    }

    /// <param name="atLeast">What the endpoint itself asked for; null when it asked for nothing.</param>
    /// <param name="atOnce">Whether this failure alone is enough for a pause.</param>
    /// <returns>How long the pause is that begins now; null: none does.</returns>
    public TimeSpan? Failed(TimeSpan? atLeast = null, bool atOnce = false)
    {
        lock (_gate)
        {
            // What had been begun before the pause did.
            var now = time.GetUtcNow();
            if (_paused && now < _until) return null;

            _failures++;
            var grows = _paused || _failures >= FailuresInARow;
            if (!grows && atLeast is null && !atOnce) return null;

            if (grows) _pauses++;
            var ours = atOnce ? Longest : grows ? Next(_pauses) : TimeSpan.Zero;
            var asked = atLeast ?? TimeSpan.Zero;
            var theirs = asked < Longest ? asked : Longest;
            var pause = ours > theirs ? ours : theirs;
            _paused = true;
            _until = now + pause;
            _trying = default;
            return pause;
        }
    }

    private static TimeSpan Next(int pauses)
    {
        var ceiling = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(pauses - 1, 20)));
        return TimeSpan.FromSeconds(Math.Round(ceiling * (0.8 + (Random.Shared.NextDouble() / 5))));
    }
}
