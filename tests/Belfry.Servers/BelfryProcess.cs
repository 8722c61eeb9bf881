using System.Diagnostics;
using System.Net;

namespace Belfry.Servers;

/// <summary>
/// The built service as an operator runs it: a process of its own, on ports and a data folder of its own that it finds
/// again when it is started again. What this process has of Belfry's settings in its environment is not handed on. Not for
/// several threads.
/// </summary>
public sealed class BelfryProcess : IAsyncDisposable
{
    /// <summary>Answers as soon as the server listens.</summary>
    public const string Live = "/livez";

    /// <summary>Answers once the server takes events: its store is there.</summary>
    public const string Ready = "/readyz";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly BelfryProgram _program;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("service");
    private readonly Dictionary<string, string?> _environment;
    private readonly int _port = LoopbackPort.Free();
    private readonly int _adminPort = LoopbackPort.Free();
    private ServerProcess? _process;

    private BelfryProcess(BelfryProgram program, IReadOnlyDictionary<string, string> settings)
    {
        _program = program;
        _environment = OwnEnvironment.ReplacedBy(settings);
        _environment.TryAdd("Belfry__DataFolder", _folder.Combine("data"));
    }

    /// <summary>Where clients come in, such as <c>http://127.0.0.1:5080</c>.</summary>
    public Uri Url => new($"http://127.0.0.1:{_port}");

    /// <summary>The admin listener.</summary>
    public Uri AdminUrl => new($"http://127.0.0.1:{_adminPort}");

    /// <summary>The running server's process id.</summary>
    public int Pid => Running.Id;

    /// <summary>Whether it runs: it was started, and has not ended by itself.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The server's working directory; its data is in <c>data</c> below it, unless a setting says otherwise.</summary>
    public string Folder => _folder.Path;

    private ServerProcess Running => _process ?? throw new InvalidOperationException($"{_program.Project} is not running.");

    private string LogFile => _folder.Combine("service.log");

    /// <summary>Starts the program with these environment variables and waits until <paramref name="waitFor"/> answers 200.</summary>
    /// <exception cref="ServerFailedException">It ended, or did not answer in time; with the end of its output.</exception>
    public static async Task<BelfryProcess> StartAsync(
        BelfryProgram program,
        IReadOnlyDictionary<string, string> settings,
        string waitFor = Ready,
        CancellationToken ct = default)
    {
        var server = new BelfryProcess(program, settings);
        try
        {
            await server.StartAgainAsync(waitFor, ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server after it has ended, with the same settings, ports and data.</summary>
    public async Task StartAgainAsync(string waitFor = Ready, CancellationToken ct = default)
    {
        if (_process is not null) throw new InvalidOperationException($"{_program.Project} is running.");
        string[] urls = ["--urls", Url.OriginalString, "--admin-urls", AdminUrl.OriginalString];
        _process = ServerProcess.Start(_program.Project, LogFile, ["dotnet", _program.Path, .. _program.Arguments, .. urls], _folder.Path, _environment);
        await _process.WaitUntilReadyAsync(token => AnswersAsync(waitFor, token), StartPatience, ct);
    }

    /// <summary>Waits until <see cref="Live"/> or <see cref="Ready"/> answers 200: after its store came back, for instance.</summary>
    public Task WaitUntilAsync(string path, TimeSpan timeout, CancellationToken ct = default) =>
        Running.WaitUntilReadyAsync(token => AnswersAsync(path, token), timeout, ct);

    /// <summary>Waits until <see cref="Ready"/> answers something else than 200.</summary>
    public Task WaitUntilNotReadyAsync(TimeSpan timeout, CancellationToken ct = default) =>
        Running.WaitUntilReadyAsync(async token => !await AnswersAsync(Ready, token), timeout, ct);

    /// <summary>kill -9. Returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        await Running.KillAsync();
        Forget();
    }

    /// <summary>Stands still until <see cref="Thaw"/>, as a machine does that is starved or moved.</summary>
    public void Freeze() => Running.Send(UnixSignal.Stop);

    public void Thaw() => Running.Send(UnixSignal.Continue);

    /// <summary>SIGTERM, as at a deployment; waits for the end.</summary>
    public async Task<ProcessEnd> TerminateAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        var begin = Stopwatch.GetTimestamp();
        Running.Send(UnixSignal.Terminate);
        var exitCode = await Running.WaitForExitAsync(timeout, ct);
        var end = new ProcessEnd(exitCode, Stopwatch.GetElapsedTime(begin));
        Forget();
        return end;
    }

    /// <summary>What the server has taken of the machine since it was last started.</summary>
    public ProcessUsage ReadUsage() => ProcessUsage.Of(Pid);

    /// <summary>All that the server has written, over all its starts.</summary>
    public string ReadLog() => ServerLog.Read(LogFile);

    /// <summary>The end of what the server has written, 16 KiB of it.</summary>
    public string ReadLogTail() => ServerLog.Tail(LogFile);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        _folder.Dispose();
    }

    private async ValueTask<bool> AnswersAsync(string path, CancellationToken ct)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Url, path), HttpCompletionOption.ResponseHeadersRead, ct);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }
}
