using System.Diagnostics;
using System.Globalization;
using Belfry.Hosting.Commands;
using Belfry.Servers;
using Npgsql;

namespace Belfry.Original.ClaimCycle;

/// <summary>The same cycle driven by pgbench, with prepared statements.</summary>
internal sealed class PgbenchSide : IDisposable
{
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly TimeProvider _time;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("pgbench");

    public PgbenchSide(string connectionString, TimeProvider time)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _time = time;
        File.WriteAllText(ScriptFile, PgbenchScript.Text);
    }

    private string ScriptFile => _folder.Combine("cycle.sql");

    public async Task RunAsync(TimeSpan duration, CancellationToken ct)
    {
        using var process = Process.Start(StartInfo(duration)) ?? throw new CommandException("pgbench did not start.", CommandLine.Failed);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            var text = $"{await output}{await errors}";
            if (process.ExitCode != 0) throw new CommandException($"pgbench ended with {process.ExitCode}:\n{text}", CommandLine.Failed);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();

    private ProcessStartInfo StartInfo(TimeSpan duration)
    {
        var clients = CycleShape.Clients.ToString(CultureInfo.InvariantCulture);
        var seconds = Math.Ceiling(duration.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["-n", "-M", "prepared", "-c", clients, "-j", clients, "-T", seconds, "-f", ScriptFile];
        var variables = PgbenchScript.Variables(_time.GetUtcNow().UtcDateTime).SelectMany(variable => new[] { "-D", $"{variable.Key}={variable.Value}" });
        var start = new ProcessStartInfo(PostgresBinaries.Find().PathOf("pgbench"), [.. arguments, .. variables, _server.Database!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PGHOST"] = _server.Host;
        start.Environment["PGPORT"] = _server.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = _server.Username;
        start.Environment["PGPASSWORD"] = _server.Password;
        return start;
    }
}
