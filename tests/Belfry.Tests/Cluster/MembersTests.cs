using Belfry.Cluster;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Cluster;

public sealed class MembersTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly InstanceIdentity _me = new("tests");
    private readonly Members _members;

    public MembersTests() => _members = new Members(_me, _time);

    [Fact]
    public void Alone_there_is_nobody_to_tell()
    {
        Assert.False(_members.HasPeers);
        Beat(Me());
        Assert.False(_members.HasPeers);
    }

    [Fact]
    public void An_instance_that_is_heard_counts_before_the_table_has_it_and_for_as_long_as_it_might_live()
    {
        var changes = 0;
        _members.PeersChanged += () => changes++;

        _members.Heard(Guid.CreateVersion7(), Lease);
        Assert.True(_members.HasPeers);
        Beat(Me());
        Assert.True(_members.HasPeers);

        _time.Advance(Lease);
        Beat(Me());
        Assert.False(_members.HasPeers);
        Assert.Equal(2, changes);
    }

    [Fact]
    public void Its_own_messages_are_no_sign_of_others()
    {
        _members.Heard(_me.Id, Lease);

        Assert.False(_members.HasPeers);
    }

    [Fact]
    public void One_whose_lease_has_run_out_may_come_back_and_is_told_on()
    {
        Beat(Me(), Other(alive: false));

        Assert.True(_members.HasPeers);
    }

    [Fact]
    public void One_of_a_version_that_does_not_enter_itself_counts_while_it_is_connected()
    {
        Beat(unlisted: true, Me());
        Assert.True(_members.HasPeers);

        Beat(Me());
        Assert.False(_members.HasPeers);
    }

    [Fact]
    public void A_duty_ends_with_the_lease_counted_from_when_it_was_asked_for()
    {
        var asked = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(2));
        _members.Update(new Beat([Me(Duties.Outbox)], Entered: true, HasUnlisted: false, MaxConnections: 100), asked, Lease);

        Assert.True(_members.Owns(Duties.Outbox));
        Assert.False(_members.Owns(Duties.Log));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(_members.Owns(Duties.Outbox));
    }

    private void Beat(params Member[] all) => Beat(unlisted: false, all);

    private void Beat(bool unlisted, params Member[] all) =>
        _members.Update(new Beat(all, Entered: true, unlisted, MaxConnections: 100), _time.GetTimestamp(), Lease);

    private Member Me(params string[] duties) => new(_me.Id, "me", "tests", default, default, Alive: true, Draining: false, Streams: 0, duties);

    private static Member Other(bool alive) => new(Guid.CreateVersion7(), "other", "tests", default, default, alive, Draining: false, Streams: 0, []);
}
