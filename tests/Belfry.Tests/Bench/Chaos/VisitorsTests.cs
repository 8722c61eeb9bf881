using Belfry.Bench.Scenarios.Chaos;

namespace Belfry.Tests.Bench.Chaos;

public sealed class VisitorsTests
{
    [Theory]
    [InlineData(1_000, 300)]
    [InlineData(100, 150)]
    [InlineData(100, 200)]
    [InlineData(1, 1)]
    public void A_user_has_none_one_or_two_streams(int users, int connections)
    {
        var streams = Visitors.UsersOf(new ChaosOptions { Users = users, Connections = connections });

        Assert.Equal(connections, streams.Count);
        Assert.All(streams, user => Assert.InRange(user, 0, users - 1));
        Assert.All(streams.CountBy(user => user), count => Assert.InRange(count.Value, 1, Visitors.MostEach));
    }

    [Fact]
    public void Most_users_have_none_and_of_the_others_half_have_two()
    {
        var each = Visitors.UsersOf(new ChaosOptions()).CountBy(user => user).ToList();

        Assert.Equal(200, each.Count);
        Assert.Equal(100, each.Count(count => count.Value == 2));
    }
}
