using Belfry.Bench.Measuring;
using Belfry.Bench.Topology;

namespace Belfry.Tests.Bench.Measuring;

public sealed class SocketTableTests
{
    private static readonly MeasuredProcess[] Processes = [new("belfry", Pid: 7, Port: 5080), new("postgres", Pid: 8, Port: 5432), new("bench", Pid: 9, Port: null)];

    [Fact]
    public void Connections_belong_to_a_process_by_its_port_or_its_id()
    {
        var before = SocketTable.Parse(
            """
            0 0 127.0.0.1:5080 127.0.0.1:40000 users:(("dotnet",pid=7,fd=9)) bbr bytes_sent:100 bytes_acked:100 bytes_received:10 segs_out:3
            0 0 [::ffff:127.0.0.1]:5432 [::ffff:127.0.0.1]:41000 users:(("postgres",pid=99,fd=9)) bbr bytes_sent:5 bytes_received:6 segs_out:3
            0 0 127.0.0.1:22 10.0.0.1:41000 users:(("sshd",pid=3,fd=9)) bbr bytes_sent:5 bytes_received:6 segs_out:3
            """,
            Processes);
        var after = SocketTable.Parse(
            """
            0 0 127.0.0.1:5080 127.0.0.1:40000 users:(("dotnet",pid=7,fd=9)) bbr bytes_sent:1100 bytes_acked:1100 bytes_received:20 segs_out:3
            0 0 127.0.0.1:41000 127.0.0.1:5432 users:(("dotnet",pid=7,fd=10)) bbr bytes_sent:6 bytes_received:5 segs_out:3
            0 0 [::ffff:127.0.0.1]:5432 [::ffff:127.0.0.1]:41000 users:(("postgres",pid=99,fd=9)) bbr bytes_sent:25 bytes_received:36 segs_out:3
            0 0 127.0.0.1:40000 127.0.0.1:5080 users:(("dotnet",pid=9,fd=10)) bbr bytes_received:1100 segs_out:3
            """,
            Processes);

        Assert.Equal(new NetworkBytes(In: 15, Out: 1006), after.Since(before, "belfry"));
        Assert.Equal(new NetworkBytes(In: 30, Out: 20), after.Since(before, "postgres"));
        Assert.Equal(new NetworkBytes(In: 1100, Out: 0), after.Since(before, "bench"));
    }

    [Fact]
    public void A_new_connection_with_old_ports_counts_from_nothing()
    {
        var before = SocketTable.Parse("0 0 127.0.0.1:5080 127.0.0.1:40000 users:((\"dotnet\",pid=7,fd=9)) x bytes_sent:100 bytes_received:10", Processes);
        var after = SocketTable.Parse("0 0 127.0.0.1:5080 127.0.0.1:40000 users:((\"dotnet\",pid=7,fd=9)) x bytes_sent:3 bytes_received:12", Processes);

        Assert.Equal(new NetworkBytes(In: 12, Out: 3), after.Since(before, "belfry"));
    }
}
