using Belfry.Bench.Report;

namespace Belfry.Tests.Bench.Report;

public sealed class SpreadTests
{
    [Fact]
    public void The_median_of_an_odd_number_is_the_one_in_the_middle() => Assert.Equal(new Spread(3, 1, 9), Spread.Of([9, 1, 3]));

    [Fact]
    public void The_median_of_an_even_number_lies_between_the_two_in_the_middle() => Assert.Equal(new Spread(2.5, 1, 9), Spread.Of([9, 1, 3, 2]));
}
