using Belfry.Mailboxes.Marks;

namespace Belfry.Cluster.Wakes;

/// <summary>Where wake-ups come out, whatever brought them: whoever keeps the streams says here how to be told.</summary>
internal sealed class WakeCalls
{
    private Func<IReadOnlyCollection<KeyValuePair<ulong, long>>, int> _users = static _ => 0;
    private Action _everyone = static () => { };
    private Action<InboxChange> _changed = static _ => { };

    /// <param name="users">
    /// Takes users by their hashes, each with a seq that stands in his mailbox, or <see cref="long.MaxValue"/> when that is not known;
    /// answers how many of them have a stream here that has not had it. Must not block.
    /// </param>
    /// <param name="everyone">Anything may have been stored for anyone. Must not block.</param>
    public void Watch(Func<IReadOnlyCollection<KeyValuePair<ulong, long>>, int> users, Action everyone)
    {
        _users = users;
        _everyone = everyone;
    }

    /// <param name="changed">Takes a change of an inbox. Must not block.</param>
    public void WatchStates(Action<InboxChange> changed) => _changed = changed;

    public void CallChanged(InboxChange change) => _changed(change);

    public int Call(IReadOnlyCollection<KeyValuePair<ulong, long>> users) => _users(users);

    public void CallEveryone() => _everyone();
}
