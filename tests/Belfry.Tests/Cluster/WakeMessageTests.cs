using Belfry.Cluster.Wakes;
using CsCheck;

namespace Belfry.Tests.Cluster;

public sealed class WakeMessageTests
{
    private static readonly Guid Sender = Guid.CreateVersion7();

    [Fact]
    public void What_was_written_is_read() =>
        Gen.Dictionary(Gen.ULong, Gen.Long[0, long.MaxValue])[0, 2000].Sample(wakes =>
        {
            var messages = WakeMessage.Of(Sender, wakes);

            var read = new Dictionary<ulong, long>();
            foreach (var message in messages)
            {
                Assert.InRange(message.Length, 1, WakeMessage.MaxLength);
                Assert.True(WakeMessage.TryRead(message, out var sender, out var kind, out var users));
                Assert.Equal((Sender, WakeKind.Users), (sender, kind));
                foreach (var (hash, seq) in users) read.Add(hash, seq);
            }

            Assert.Equal(wakes.OrderBy(w => w.Key), read.OrderBy(w => w.Key));
        }, iter: 200);

    [Theory]
    [InlineData(WakeKind.Hello)]
    [InlineData(WakeKind.Look)]
    public void A_message_without_users_says_what_it_is(object kind)
    {
        Assert.True(WakeMessage.TryRead(WakeMessage.Of(Sender, (WakeKind)kind), out var sender, out var read, out var users));

        Assert.Equal((Sender, (WakeKind)kind), (sender, read));
        Assert.Empty(users);
    }

    [Fact]
    public void Nothing_to_tell_is_no_message() => Assert.Empty(WakeMessage.Of(Sender, new Dictionary<ulong, long>()));

    [Fact]
    public void Whatever_else_comes_over_the_channel_is_not_read_and_does_no_harm()
    {
        var sound = WakeMessage.Of(Sender, new Dictionary<ulong, long> { [1] = long.MaxValue })[0];
        Assert.False(WakeMessage.TryRead("", out _, out _, out _));
        Assert.False(WakeMessage.TryRead("hello, this is not base64 !", out _, out _, out _));
        Assert.False(WakeMessage.TryRead(sound[..^4], out _, out _, out _));
        // Another version.
        Assert.False(WakeMessage.TryRead("Ag" + sound[2..], out _, out _, out _));
        Gen.String.Sample(text => !WakeMessage.TryRead(text, out _, out _, out _), iter: 2000);
    }

    [Fact]
    public void Hashes_are_the_same_in_every_process() =>
        Assert.Equal(3512609801986342679UL, UserHash.Of("user-1"));
}
