using System.CommandLine;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry serve</c>: the server, until a signal ends it.</summary>
internal sealed class ServeCommand : BelfryCommand
{
    private readonly Option<string?> _urls = new("--urls") { Description = "Where users and publishers connect (default http://127.0.0.1:5080)." };
    private readonly Option<string?> _adminUrls = new("--admin-urls") { Description = "Where metrics, dashboard and debug endpoints are (default http://127.0.0.1:6060)." };
    private readonly Option<bool> _dev = new("--dev") { Description = "Make throw-away keys in the data folder for whatever has none. Not for production." };

    private readonly HostArguments _start;

    public ServeCommand(HostArguments? start = null)
        : base(
            "serve",
            "Runs the server. Settings come from appsettings.json, then the environment, then flags; `belfry config` lists them.",
            "belfry serve --dev",
            "Belfry__Auth__Secret_FILE=/run/secrets/belfry ConnectionStrings__Postgres='Host=db;Username=belfry;Database=belfry' belfry serve --urls http://*:8080")
    {
        _start = start ?? new HostArguments();
        Add(_urls);
        Add(_adminUrls);
        Add(_dev);
        SetAction(RunAsync);
    }

    public override bool EndsBySignalItself => true;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var arguments = _start with
        {
            Dev = parsed.GetValue(_dev),
            Flags = new Dictionary<string, string?>
            {
                ["Belfry:Http:Urls"] = parsed.GetValue(_urls),
                ["Belfry:Admin:Urls"] = parsed.GetValue(_adminUrls),
            },
        };
        await using var app = BelfryHost.Build(BelfryHost.CreateChecked(arguments));
        await BelfryHost.StartAsync(app, ct);
        await app.WaitForShutdownAsync(ct);
        return CommandLine.Done;
    }
}
