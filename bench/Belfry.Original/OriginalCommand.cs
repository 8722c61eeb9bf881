using System.CommandLine;
using Belfry.Hosting;
using Belfry.Hosting.Commands;
using Belfry.Original.ClaimCycle;

namespace Belfry.Original;

/// <summary>Runs the original until a signal ends it.</summary>
internal sealed class OriginalCommand : RootCommand
{
    private readonly Option<bool> _asPublished = new("--as-published") { Description = "With all the faults that it was published with, and each row in a transaction of its own." };
    private readonly Option<string?> _urls = new("--urls") { Description = "Where users connect (default http://127.0.0.1:5080)." };
    private readonly Option<string?> _adminUrls = new("--admin-urls") { Description = "Where metrics and health are (default http://127.0.0.1:6060)." };

    public OriginalCommand()
        : base("The system that Belfry replaces: rows with a status, claimed by pickers, pushed by workers. Settings as belfry's; its own are Original__<name>.")
    {
        Add(_asPublished);
        Add(_urls);
        Add(_adminUrls);
        Add(new ClaimCycleCommand());
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var arguments = new HostArguments
        {
            Flags = new Dictionary<string, string?>
            {
                ["Belfry:Http:Urls"] = parsed.GetValue(_urls),
                ["Belfry:Admin:Urls"] = parsed.GetValue(_adminUrls),
                ["Original:AsPublished"] = parsed.GetValue(_asPublished) ? "true" : null,
            },
        };
        await using var app = await OriginalHost.StartAsync(OriginalHost.CreateChecked(arguments), ct);
        await app.WaitForShutdownAsync(ct);
        return CommandLine.Done;
    }
}
