using System.Collections.Concurrent;
using Belfry.Cluster.Postgres;
using Microsoft.Extensions.Options;

namespace Belfry.Cluster;

/// <summary>
/// Which users are connected, and where. Here it is a list of those for whom that has changed, written about once a second:
/// a thousand who connect are one statement, and who comes and goes within the second costs nothing. Thread-safe.
/// </summary>
/// <param name="table">Null without a database that several instances share: who is connected is connected here.</param>
internal sealed class Presence(InstanceIdentity identity, IOptions<ClusterOptions> options, PostgresPresence? table = null)
{
    // Bounded by the users that have, or have just had, a stream here.
    private readonly ConcurrentDictionary<string, byte> _changed = new(StringComparer.Ordinal);

    private Func<string, bool> _holds = static _ => false;
    private Func<IEnumerable<string>> _users = static () => [];
    private Func<int> _streams = static () => 0;
    private volatile bool _enterAll = true;

    /// <summary>Streams that are open here.</summary>
    public int Streams => _streams();

    /// <summary>Whoever keeps the streams says how to ask.</summary>
    public void Watch(Func<string, bool> holds, Func<IEnumerable<string>> users, Func<int> streams)
    {
        _holds = holds;
        _users = users;
        _streams = streams;
    }

    /// <summary>The first stream of a user has come, or the last one has gone.</summary>
    public void Changed(string userId)
    {
        if (table is not null) _changed.TryAdd(userId, 0);
    }

    /// <summary>The table has forgotten us.</summary>
    public void EnterAll() => _enterAll = true;

    /// <summary>Where a user is connected, up to about a second ago; empty: nowhere.</summary>
    /// <exception cref="Mailboxes.StoreUnavailableException">The server did not answer in time.</exception>
    public async Task<IReadOnlyList<Connected>> FindAsync(string userId, CancellationToken ct)
    {
        if (table is not null) return await table.FindAsync(userId, ct);
        return _holds(userId) ? [new Connected(identity.Id, options.Value.Name, Since: null)] : [];
    }

    /// <summary>Writes what has changed. One caller at a time.</summary>
    internal async Task FlushAsync(int chunk, CancellationToken ct)
    {
        if (table is null) return;
        if (_enterAll)
        {
            // Cleared before the users are counted up: who comes meanwhile is among the changed. The sign that we are entered comes last.
            _enterAll = false;
            try
            {
                foreach (var users in _users().Chunk(chunk)) await table.WriteAsync(identity.Id, users, [], ct);
                await table.WriteAsync(identity.Id, [PostgresPresence.Sign], [], ct);
            }
            catch
            {
                _enterAll = true;
                throw;
            }
        }

        foreach (var users in _changed.Keys.Chunk(chunk))
        {
            // Taken off the list before they are asked for: a change in between puts them on it again.
            foreach (var user in users) _changed.TryRemove(user, out _);
            try
            {
                var held = users.ToLookup(_holds);
                await table.WriteAsync(identity.Id, [.. held[true]], [.. held[false]], ct);
            }
            catch
            {
                foreach (var user in users) _changed.TryAdd(user, 0);
                throw;
            }
        }
    }
}

/// <summary>A place where a user is connected.</summary>
/// <param name="Since">When the instance first had a stream of his, UTC; null where that is not kept.</param>
internal sealed record Connected(Guid Instance, string Name, DateTime? Since);
