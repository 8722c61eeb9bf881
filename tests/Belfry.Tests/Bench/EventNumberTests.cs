using System.Text;
using Belfry.Bench;
using CsCheck;

namespace Belfry.Tests.Bench;

public sealed class EventNumberTests
{
    private static readonly DateTimeOffset Sent = new(2026, 11, 23, 10, 0, 0, 123, TimeSpan.Zero);

    [Fact]
    public void An_id_tells_whose_event_it_is() =>
        Gen.Select(Gen.UInt, Gen.Int[0, (1 << 30) - 1], Gen.Int[1, int.MaxValue]).Sample((run, user, number) =>
        {
            var expected = new EventNumber(run, user, number);
            var id = expected.ToId(BenchClock.Of(Sent)).ToString();
            return EventNumber.TryRead(Encoding.ASCII.GetBytes(id), out var read) && read == expected;
        });

    [Fact]
    public void An_id_is_a_UUIDv7_of_the_time_at_which_the_event_was_to_be_sent()
    {
        var id = new EventNumber(1, 2, 3).ToId(BenchClock.Of(Sent));

        Assert.Equal(7, id.Version);
        Assert.Equal(Guid.CreateVersion7(Sent).ToString()[..13], id.ToString()[..13]);
    }

    [Theory]
    [InlineData("not a uuid")]
    [InlineData("6f9619ff-8b86-d011-b42d-00cf4fc964ff")]
    public void Other_ids_tell_nothing(string id) => Assert.False(EventNumber.TryRead(Encoding.ASCII.GetBytes(id), out _));
}
