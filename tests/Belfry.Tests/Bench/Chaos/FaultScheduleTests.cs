using Belfry.Bench.Scenarios.Chaos;

namespace Belfry.Tests.Bench.Chaos;

public sealed class FaultScheduleTests
{
    private static readonly TimeSpan LongestRestart = TimeSpan.FromSeconds(5);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 50)];

    [Fact]
    public void The_same_seed_makes_the_same_schedule()
    {
        var options = new ChaosOptions { Seed = 7 };

        Assert.Equal(FaultSchedule.Make(options), FaultSchedule.Make(options));
        Assert.NotEqual(FaultSchedule.Make(options), FaultSchedule.Make(options with { Seed = 8 }));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_kind_is_drawn_in_ten_minutes_and_at_least_three_faults_a_minute(int seed)
    {
        var redis = seed % 2 == 0;
        var schedule = FaultSchedule.Make(new ChaosOptions { Seed = seed, Redis = redis });

        Assert.Equal(FaultKind.All(redis).ToHashSet(), schedule.Select(fault => fault.Kind).ToHashSet());
        Assert.True(schedule.Count >= 30);
        for (var minute = 0; minute < 9; minute++) Assert.True(schedule.Count(fault => (int)fault.At.TotalMinutes == minute) >= 3);
    }

    [Theory]
    [InlineData(1, 15)]
    [InlineData(2, 30)]
    [InlineData(10, 60)]
    [InlineData(60, 60)]
    public void The_end_is_quiet(double minutes, int quietSeconds)
    {
        var options = new ChaosOptions { Duration = TimeSpan.FromMinutes(minutes), Seed = 3 };

        var schedule = FaultSchedule.Make(options);

        Assert.Equal(TimeSpan.FromSeconds(quietSeconds), options.Quiet);
        Assert.NotEmpty(schedule);
        Assert.All(schedule, fault => Assert.True(fault.At + fault.Lasts <= options.Duration - options.Quiet));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void One_instance_is_always_left(int seed)
    {
        var schedule = FaultSchedule.Make(new ChaosOptions { Seed = seed, Instances = 2 });

        var away = schedule.Where(fault => fault.Kind.TakesInstanceAway).ToList();
        Assert.All(away, fault => Assert.DoesNotContain(away, other => other.Instance != fault.Instance && Overlap(fault, other)));
        static bool Overlap(Fault a, Fault b) => a.At < b.At + b.Lasts && b.At < a.At + a.Lasts;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_is_broken_twice_at_once(int seed)
    {
        foreach (var faults in FaultSchedule.Make(new ChaosOptions { Seed = seed }).GroupBy(fault => fault.Resource))
        {
            Assert.All(faults.Zip(faults.Skip(1)), pair => Assert.True(pair.First.At + pair.First.Lasts <= pair.Second.At));
        }
    }

    [Fact]
    public void Faults_overlap_and_have_the_lengths_that_they_are_known_for()
    {
        var schedule = Enumerable.Range(0, 20).SelectMany(seed => FaultSchedule.Make(new ChaosOptions { Seed = seed })).ToList();

        Assert.Contains(schedule, fault => fault.Kind.Action == FaultAction.Freeze && fault.Lasts > TimeSpan.FromSeconds(10));
        Assert.All(schedule.Where(fault => fault.Kind.Action == FaultAction.Kill), fault => Assert.InRange(fault.Lasts, TimeSpan.Zero, LongestRestart));
        Assert.Contains(schedule.Zip(schedule.Skip(1)), pair => pair.First.At < pair.Second.At && pair.First.At + pair.First.Lasts > pair.Second.At);
        Assert.All(schedule, fault => Assert.Equal(fault.Kind.IsOfInstance, fault.Instance >= 0));
    }

    [Fact]
    public void A_fault_is_one_line_that_says_what_whose_and_how_long()
    {
        var fault = new Fault(TimeSpan.FromSeconds(12.3), new FaultKind(FaultTarget.Instance, FaultAction.Freeze)) { Instance = 2, Lasts = TimeSpan.FromSeconds(7.5) };

        Assert.Equal("  12.3 s  freeze instance 2 for 7.5 s", fault.ToString());
    }
}
