using Belfry.SystemTests.Running;
using Microsoft.Playwright;
using Xunit;

namespace Belfry.SystemTests.Browser;

/// <summary>The wire as a real browser's EventSource takes it.</summary>
public sealed class EventSourceTests(SharedBrowser browser, SharedPostgres postgres)
{
    private const string Listen = """
        url => {
            window.seen = [];
            const source = new EventSource(url);
            source.onmessage = e => seen.push('message ' + e.lastEventId);
            for (const type of ['notification', 'caught-up', 'reset', 'bye'])
                source.addEventListener(type, e => seen.push(type + ' ' + (JSON.parse(e.data).seq ?? '') + ' ' + e.lastEventId));
        }
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blocks_of_an_id_alone_move_the_browsers_cursor_and_fire_nothing()
    {
        await using var service = await Service.StartAsync(await postgres.CreateDatabaseAsync(Cancelled), Cancelled);
        await using var context = await browser.OpenAsync();
        var page = await OpenPageAsync(context, service);
        var requests = new List<IRequest>();
        page.Request += (_, request) => requests.Add(request);

        await page.EvaluateAsync(Listen, "/v1/stream?types=wanted.*");
        await page.WaitForFunctionAsync("() => seen.some(s => s.startsWith('caught-up'))");
        for (var n = 0; n < 3; n++) await service.PublishAsync([Service.Event("u", type: "unwanted.kind")], Cancelled);

        // A drain covers what was skipped with a block of an id alone, says bye, and the browser comes back by itself.
        await service.Process.TerminateAsync(TimeSpan.FromSeconds(20), Cancelled);
        await service.Process.StartAgainAsync(ct: Cancelled);
        await page.WaitForFunctionAsync("() => seen.filter(s => s.startsWith('caught-up')).length == 2");
        await service.PublishAsync([Service.Event("u", type: "wanted.kind")], Cancelled);
        await page.WaitForFunctionAsync("() => seen.some(s => s.startsWith('notification'))");

        var seen = await page.EvaluateAsync<string[]>("() => seen");
        Assert.Equal(["caught-up", "bye", "caught-up", "notification"], seen.Select(s => s.Split(' ')[0]));
        Assert.StartsWith("notification 4 ", seen[3], StringComparison.Ordinal);
        Assert.EndsWith("-4", seen[3], StringComparison.Ordinal);
        var again = requests.Last(r => r.Url.Contains("/v1/stream", StringComparison.Ordinal));
        Assert.EndsWith("-3", (await again.AllHeadersAsync())["last-event-id"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_while_the_server_was_killed_is_there_when_the_browser_is_back_once_and_in_order()
    {
        await using var service = await Service.StartAsync(await postgres.CreateDatabaseAsync(Cancelled), Cancelled);
        await using var context = await browser.OpenAsync();
        var page = await OpenPageAsync(context, service);

        await page.EvaluateAsync(Listen, "/v1/stream");
        await page.WaitForFunctionAsync("() => seen.some(s => s.startsWith('caught-up'))");
        await service.PublishAsync([Service.Event("u"), Service.Event("u")], Cancelled);
        await page.WaitForFunctionAsync("() => seen.filter(s => s.startsWith('notification')).length == 2");
        await service.Process.KillAsync();
        await service.Process.StartAgainAsync(ct: Cancelled);
        await service.PublishAsync([Service.Event("u"), Service.Event("u")], Cancelled);
        await page.WaitForFunctionAsync("() => seen.filter(s => s.startsWith('notification')).length >= 4");

        var seqs = (await page.EvaluateAsync<string[]>("() => seen")).Where(s => s.StartsWith("notification", StringComparison.Ordinal)).Select(s => s.Split(' ')[1]);
        Assert.Equal(["1", "2", "3", "4"], seqs);
    }

    private static async Task<IPage> OpenPageAsync(IBrowserContext context, Service service)
    {
        await context.AddCookiesAsync([new Cookie { Name = "belfry_token", Value = Service.TokenFor("u"), Url = service.Process.Url.OriginalString }]);
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(service.Process.Url, "/livez").OriginalString);
        return page;
    }
}
