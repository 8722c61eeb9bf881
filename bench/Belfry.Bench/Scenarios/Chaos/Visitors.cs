using Belfry.Bench.Client;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>Who has streams, and who leaves for a while and comes back with his cursor.</summary>
internal sealed class Visitors(ClientPool streams, ChaosOptions options)
{
    /// <summary>A user has none, one or two.</summary>
    public const int MostEach = 2;

    // Each leaves about as often.
    private static readonly TimeSpan StayEach = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LongestAway = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(options.Seed);

    /// <summary>How often somebody was told to leave.</summary>
    public long Leaves { get; private set; }

    /// <summary>The user of each stream: every second of those who have any has two, as long as there are users enough.</summary>
    public static IReadOnlyList<int> UsersOf(ChaosOptions options)
    {
        int[] users = [.. Enumerable.Range(0, options.Users)];
        new Random(options.Seed).Shuffle(users);
        var withTwo = users.Where((_, place) => place % 2 == 0).ToHashSet();
        var first = users.SelectMany(user => withTwo.Contains(user) ? [user, user] : new[] { user });
        return [.. first.Concat(users.Where(user => !withTwo.Contains(user))).Take(options.Connections)];
    }

    /// <summary>Streams come and go until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Step, TimeProvider.System);
        var chance = options.Connections * Step / StayEach;
        while (await ContinuesAsync(timer, stop))
        {
            for (var left = chance; left > 0; left--)
            {
                if (_random.NextDouble() >= left) break;
                Leaves++;
                streams.Leave(_random.Next(options.Connections), LongestAway * _random.NextDouble());
            }
        }
    }

    /// <summary>All leave and come back within a second.</summary>
    public void ReconnectAll()
    {
        for (var i = 0; i < options.Connections; i++) streams.Leave(i, TimeSpan.FromSeconds(_random.NextDouble()));
    }

    private static async Task<bool> ContinuesAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
