using System.Diagnostics;

namespace Belfry.Servers;

/// <summary>
/// Ends the servers and removes the folders of this process when it dies without having done so, by whatever means:
/// a shell that reads our orders from a pipe and acts on its end. (A parent-death signal would not do: it fires when the
/// thread that forked ends, and pool threads do.) Its session is its own, so that a signal to our whole group spares it.
/// Safe for use by several threads.
/// </summary>
internal sealed class Reaper : IDisposable
{
    private const string Script = """
        trap '' INT TERM HUP
        pids=
        folders=
        forget() {
            kept=
            for pid in $pids; do [ "$pid" = "$1" ] || kept="$kept $pid"; done
            pids=$kept
        }
        while read -r order what; do
            case $order in
                kill) pids="$pids $what" ;;
                forget) forget "$what" ;;
                remove) folders="$folders $what" ;;
            esac
        done
        if [ -n "$pids" ]; then
            # At SIGQUIT PostgreSQL stops at once and gives its shared memory back, which nobody would after SIGKILL.
            kill -QUIT $pids 2>/dev/null && sleep 1
            kill -KILL $pids 2>/dev/null
        fi
        for folder in $folders; do
            # Children of a killed server may write for a moment longer.
            for attempt in 1 2 3 4 5; do rm -rf "$folder" 2>/dev/null && break; sleep 0.2; done
        done
        """;

    private static readonly Lazy<Reaper> Instance = new(() => new Reaper());

    private readonly Lock _gate = new();
    private readonly StreamWriter _orders;

    public Reaper()
    {
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", Script]) { RedirectStandardInput = true };
        var shell = Process.Start(start) ?? throw new InvalidOperationException("setsid did not start.");
        _orders = shell.StandardInput;
        _orders.AutoFlush = true;
    }

    /// <summary>The one that acts at the end of this process.</summary>
    public static Reaper OfThisProcess => Instance.Value;

    public void Kill(int pid) => Order($"kill {pid}");

    public void Forget(int pid) => Order($"forget {pid}");

    public void Remove(string folder) => Order($"remove {folder}");

    /// <summary>Lets it act now, as the end of this process would.</summary>
    public void Dispose() => _orders.Dispose();

    private void Order(string line)
    {
        lock (_gate)
        {
            _orders.WriteLine(line);
        }
    }
}
