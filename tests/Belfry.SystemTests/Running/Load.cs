using Belfry.Contracts;
using Npgsql;
using Xunit;

namespace Belfry.SystemTests.Running;

/// <summary>
/// Publishers, connected users, and the comparison at the end: what was acknowledged, what is stored, what arrived. Every
/// event is sent until it is acknowledged, and each tenth one twice.
/// </summary>
internal sealed class Load(Service service, string postgres, int users)
{
    private readonly List<AcceptedEvent> _acknowledged = [];
    private readonly List<StreamClient> _clients = [.. Enumerable.Range(0, users).Select(u => service.Open($"user-{u}", "?since=earliest"))];
    private int _sent;

    /// <summary>How many events have been acknowledged so far.</summary>
    public int Acknowledged => Volatile.Read(ref _sent);

    public async Task PublishAsync(int events, CancellationToken ct)
    {
        const int Batch = 50;
        await Parallel.ForEachAsync(Enumerable.Range(0, events / Batch), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = ct }, async (batch, token) =>
        {
            var items = Enumerable.Range(batch * Batch, Batch).Select(i => Service.Event($"user-{i % users}", $"event-{i}")).ToList();
            var answer = await service.PublishAsync(items, token);
            if (batch % 10 == 0) await service.PublishAsync(items, token);
            lock (_acknowledged) _acknowledged.AddRange(answer.Accepted);
            Interlocked.Add(ref _sent, Batch);
        });
    }

    /// <summary>P1 to P5, as far as they can be seen from outside.</summary>
    public async Task CheckAsync(int events, CancellationToken ct)
    {
        Assert.Equal(events, _acknowledged.Count);
        var stored = await ReadStoredAsync(ct);

        Assert.Equal(events, stored.Count);
        Assert.Equal(events, stored.Select(s => s.EventId).Distinct().Count());
        Assert.All(_acknowledged, a => Assert.Contains((a.UserId!, a.Seq!.Value, a.Id), stored));

        for (var user = 0; user < users; user++)
        {
            var mine = stored.Where(s => s.UserId == $"user-{user}").OrderBy(s => s.Seq).ToList();
            Assert.Equal(Enumerable.Range(1, mine.Count).Select(i => (long)i), mine.Select(s => s.Seq));

            var received = await _clients[user].TakeAsync(mine.Count);
            Assert.Equal(mine.Select(s => (s.Seq, s.EventId)), received.Select(n => (n.Seq, n.Id)));
            Assert.All(received, n => Assert.Equal($"user-{user}", n.UserId));
            Assert.All(received, n => Assert.Equal(n.Seq - 1, n.Prev));
            await _clients[user].DisposeAsync();
            Assert.DoesNotContain(_clients[user].Rest(), b => b.Event is StreamEvents.Notification or StreamEvents.Reset);
        }
    }

    /// <summary>P1 and P2 alone: what was acknowledged is stored, once.</summary>
    public async Task CheckAcknowledgedAsync(int events, CancellationToken ct)
    {
        var stored = await ReadStoredAsync(ct);
        Assert.Equal(events, stored.Count);
        Assert.All(_acknowledged, a => Assert.Contains((a.UserId!, a.Seq!.Value, a.Id), stored));
        foreach (var client in _clients) await client.DisposeAsync();
    }

    private async Task<HashSet<(string UserId, long Seq, string EventId)>> ReadStoredAsync(CancellationToken ct)
    {
        var rows = new HashSet<(string, long, string)>();
        await using var source = NpgsqlDataSource.Create(postgres);
        await using var command = source.CreateCommand("SELECT user_id, seq, event_id FROM belfry.notifications");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) Assert.True(rows.Add((reader.GetString(0), reader.GetInt64(1), reader.GetString(2))));
        return rows;
    }
}
