using System.CommandLine;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Demo;
using Belfry.Hosting.Listeners;
using Belfry.Hosting.Producers;
using Belfry.Mailboxes;
using Belfry.Settings;
using Belfry.Work.Topics;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry demo</c>: the server with throw-away keys, the three producers, and a page to watch them.</summary>
internal sealed class DemoCommand : BelfryCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Option<string?> _urls = new("--urls") { Description = "Where the page and the API are (default http://127.0.0.1:5080)." };
    private readonly Option<string?> _adminUrls = new("--admin-urls") { Description = "Where metrics and debug endpoints are (default http://127.0.0.1:6060)." };
    private readonly NumberOption _rate = new("--rate", "Notifications a second, of all three producers together (default 1200); those of the followers service go to topics.", 1, 100_000);
    private readonly NumberOption _users = new("--users", "How many users the events are for (default 1000).", 1, 10_000_000);

    public DemoCommand()
        : base("demo", "Runs the server on SQLite, three producers and a page that shows a user's notifications arrive. Nothing else is needed.", "belfry demo", "belfry demo --rate 200 --users 20")
    {
        foreach (var option in new Option[] { _urls, _adminUrls, _rate, _users }) Add(option);
        SetAction(RunAsync);
    }

    public override bool EndsBySignalItself => true;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var builder = BelfryHost.CreateChecked(new HostArguments
        {
            Dev = true,
            Flags = new Dictionary<string, string?>
            {
                ["Belfry:Http:Urls"] = parsed.GetValue(_urls),
                ["Belfry:Admin:Urls"] = parsed.GetValue(_adminUrls),
            },
        });
        builder.Services.AddSingleton<DemoEndpoints>();
        await using var app = BelfryHost.Build(builder);
        app.MapDemo();
        await BelfryHost.StartAsync(app, ct);

        // The producers come in by the way that everybody takes.
        var server = app.Services.GetRequiredService<BoundListeners>().Public;
        var keys = DevKeys.LoadOrMake(app.Services.GetRequiredService<IOptions<DataOptions>>().Value.DataFolder);
        var users = new UserRange("user-", parsed.GetValue(_users) ?? 1000);
        await using var sink = new HttpSink(server, keys.ApiKey);
        var followers = new FollowerTopics(users);
        var fleet = new ProducerFleet(parsed.GetValue(_rate) ?? 1200, users, followers, sink, TimeProvider.System);
        var draining = app.Services.GetRequiredService<Draining>();
        var producing = ProduceAsync(fleet, followers, app.Services, draining.Started);

        await app.WaitForShutdownAsync(ct);
        await producing;
        return CommandLine.Done;
    }

    private static async Task ProduceAsync(ProducerFleet fleet, FollowerTopics followers, IServiceProvider services, CancellationToken stop)
    {
        var topics = services.GetRequiredService<ITopicStore>();
        try
        {
            await services.GetRequiredService<StoreMonitor>().Opened.WaitAsync(stop);
            foreach (var (topic, members) in followers.List()) await topics.AddMembersAsync(topic, members, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }

        await fleet.RunAsync(Patience, stop);
    }
}
