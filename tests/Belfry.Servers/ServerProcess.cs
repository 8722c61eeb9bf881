using System.Diagnostics;

namespace Belfry.Servers;

/// <summary>
/// One run of a server's program, its output in a file: no reader here that could hold the server up, and the log
/// survives whatever happens to either side.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    // exec: the process that is started is the server itself, so that its id and its end are the server's.
    // setsid: a Ctrl-C in the terminal is for us, who stop the servers in order.
    private const string RedirectOutput = """log=$1; shift; exec setsid "$@" >>"$log" 2>&1 </dev/null""";

    private readonly Process _process;
    private readonly string _log;
    private readonly string _name;

    private ServerProcess(Process process, string name, string log)
    {
        _process = process;
        _name = name;
        _log = log;
        Id = process.Id;
    }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts <paramref name="command"/> (program, arguments); <paramref name="environment"/> overrides this process's, null removes a variable.</summary>
    public static ServerProcess Start(
        string name,
        string log,
        IEnumerable<string> command,
        string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", RedirectOutput, "sh", log, .. command]) { WorkingDirectory = folder ?? "" };
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[key] = value;
        }

        var process = Process.Start(start) ?? throw new ServerFailedException($"{name} did not start.");
        Reaper.OfThisProcess.Kill(process.Id);
        return new ServerProcess(process, name, log);
    }

    /// <summary>Waits until <paramref name="ready"/>; throws with the end of the log when the process ends before that or takes too long.</summary>
    public async Task WaitUntilReadyAsync(Func<CancellationToken, ValueTask<bool>> ready, TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            await Eventually.HoldsAsync($"{_name} is ready", async token => _process.HasExited || await ready(token), timeout, ct);
        }
        catch (TimeoutException e)
        {
            throw new ServerFailedException($"{e.Message}\n{ServerLog.Tail(_log)}", e);
        }
        if (_process.HasExited) throw new ServerFailedException($"{_name} ended with {_process.ExitCode} at its start.\n{ServerLog.Tail(_log)}");
    }

    public void Send(UnixSignal signal)
    {
        if (!_process.HasExited) UnixSignals.Send(Id, signal);
    }

    /// <summary>Waits for the end; returns the exit code (128 + n after signal n).</summary>
    public async Task<int> WaitForExitAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        try
        {
            await _process.WaitForExitAsync(ct).WaitAsync(timeout, TimeProvider.System, ct);
        }
        catch (TimeoutException e)
        {
            throw new ServerFailedException($"{_name} did not end within {timeout.TotalSeconds:0.#} s.\n{ServerLog.Tail(_log)}", e);
        }
        Reaper.OfThisProcess.Forget(Id);
        return _process.ExitCode;
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        Send(UnixSignal.Kill);
        await WaitForExitAsync(TimeSpan.FromSeconds(10));
    }

    public void Dispose() => _process.Dispose();
}
