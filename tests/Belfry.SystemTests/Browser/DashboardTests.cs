using System.Globalization;
using Belfry.Servers;
using Belfry.SystemTests.Mailboxes;
using Belfry.SystemTests.Running;
using Microsoft.Playwright;
using Xunit;

namespace Belfry.SystemTests.Browser;

/// <summary>The dashboard as an operator uses it. Its pictures are kept in <c>artifacts/screenshots</c>, to be looked at.</summary>
public sealed class DashboardTests(SharedBrowser browser, SharedPostgres postgres)
{
    private const string Drawn = "() => document.querySelectorAll('.plot canvas').length >= 12 && document.querySelector('#link').textContent === 'live'";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Numbers_move_without_a_reload_and_what_was_before_a_reload_is_there_after_it()
    {
        await using var demo = await StartDemoAsync();
        await using var context = await browser.OpenAsync();
        var page = await context.NewPageAsync();
        var errors = Listen(page);

        await page.GotoAsync(Dashboard(demo));
        await page.WaitForFunctionAsync(Drawn);
        await page.WaitForFunctionAsync("() => Number(document.querySelector('#tile-in b').textContent) > 0");
        var uptime = await page.Locator("#fact-uptime").TextContentAsync();
        await page.WaitForFunctionAsync("before => document.querySelector('#fact-uptime').textContent !== before", uptime);

        var rows = await CountSamplesAsync(page);
        await page.ReloadAsync();
        await page.WaitForFunctionAsync(Drawn);

        Assert.True(await CountSamplesAsync(page) >= rows, "The history has become shorter.");
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    [InlineData(768, ColorScheme.Light)]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(1440, ColorScheme.Dark)]
    public async Task It_fits_any_screen_in_light_and_dark(int width, ColorScheme scheme)
    {
        await using var demo = await StartDemoAsync();
        await using var context = await browser.OpenAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
        var page = await context.NewPageAsync();
        var errors = Listen(page);
        await page.GotoAsync(Dashboard(demo));
        await page.WaitForFunctionAsync(Drawn);
        await page.WaitForFunctionAsync("() => document.querySelector('#status table')");
        await page.FillAsync("#mailbox input", "user-1");
        await page.ClickAsync("#mailbox button");
        await page.WaitForSelectorAsync("#mailbox table");

        await page.ScreenshotAsync(new() { Path = Path.Combine(Built.RepositoryRoot, "artifacts", "screenshots", $"dashboard-{width}-{scheme}.png".ToLowerInvariant()), FullPage = true });
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways.");
        Assert.Equal(scheme == ColorScheme.Dark, await IsDarkAsync(page));
        Assert.Empty(errors);
    }

    [Fact]
    public async Task The_switch_wins_over_the_system_and_stays()
    {
        await using var demo = await StartDemoAsync();
        await using var context = await browser.OpenAsync(new() { ColorScheme = ColorScheme.Dark });
        var page = await context.NewPageAsync();
        await page.GotoAsync(Dashboard(demo));
        Assert.True(await IsDarkAsync(page));

        await page.ClickAsync("#theme");
        Assert.Equal("light", await page.TextContentAsync("#theme"));
        Assert.False(await IsDarkAsync(page));
        await page.ReloadAsync();

        Assert.False(await IsDarkAsync(page));
    }

    [Fact]
    public async Task A_store_that_is_away_is_said_and_the_page_goes_on_when_the_server_was_gone()
    {
        await using var server = await Parts.RequireOrSkipAsync(() => PostgresServer.StartAsync(ct: Cancelled));
        await using var service = await Service.StartAsync(await server.CreateDatabaseAsync("dashboard", Cancelled), Cancelled);
        await using var context = await browser.OpenAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(Dashboard(service.Process));
        await page.WaitForFunctionAsync("() => document.querySelector('#health').textContent === 'ready'");
        await page.WaitForFunctionAsync("() => document.querySelector('#database').textContent.includes('notifications')");

        await server.KillAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('#health').textContent === 'store away'");
        await page.GetByText("the store is away; as of").First.WaitForAsync();
        await page.FillAsync("#mailbox input", "u");
        await page.ClickAsync("#mailbox button");
        await page.GetByText("The store did not answer in time.").WaitForAsync();

        await service.Process.KillAsync();
        await page.GetByText("connection lost, retrying").WaitForAsync();
        await server.StartAgainAsync(Cancelled);
        await service.Process.StartAgainAsync(ct: Cancelled);
        await page.WaitForFunctionAsync("() => document.querySelector('#link').textContent === 'live' && document.querySelector('#health').textContent === 'ready'");
    }

    [Fact]
    public async Task A_dead_letter_is_retried_and_one_is_dropped_when_it_is_said_twice()
    {
        var database = new PostgresDatabase(await postgres.CreateDatabaseAsync(Cancelled));
        await using var service = await Service.StartAsync(database.ConnectionString, Cancelled);
        await database.ExecuteAsync("""
            INSERT INTO belfry.dead_tasks (id, kind, task_key, priority, created_at, died_at, attempts, max_attempts, last_error, body)
            SELECT 1000 + n, 'of the next version', gen_random_uuid(), 1, now(), now() - n * interval '1 s', 3, 3, 'the end of ' || n, '{}' FROM generate_series(1, 2) n
            """, Cancelled);
        await using var context = await browser.OpenAsync();
        var page = await context.NewPageAsync();
        var errors = Listen(page);
        await page.GotoAsync(Dashboard(service.Process));

        await page.GetByRole(AriaRole.Button, new() { Name = "Retry task-1001" }).ClickAsync();
        await page.GetByText("the end of 1").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.GetByRole(AriaRole.Button, new() { Name = "Drop task-1002", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Really drop task-1002" }).ClickAsync();
        await page.GetByText("None: every task").WaitForAsync();

        Assert.Equal(1, await database.ReadNumberAsync("SELECT count(*) FROM belfry.tasks", Cancelled));
        Assert.Equal(0, await database.ReadNumberAsync("SELECT count(*) FROM belfry.dead_tasks", Cancelled));
        Assert.Empty(errors);
    }

    [Fact]
    public async Task A_mailbox_is_found_and_from_it_the_way_of_an_event()
    {
        await using var service = await Service.StartAsync(await postgres.CreateDatabaseAsync(Cancelled), Cancelled);
        await service.PublishAsync([Service.Event("anna/1", "first"), Service.Event("anna/1", "a <b>second</b> one")], Cancelled);
        await using var context = await browser.OpenAsync();
        var page = await context.NewPageAsync();
        var errors = Listen(page);
        await page.GotoAsync(Dashboard(service.Process));

        await page.FillAsync("#mailbox input", "nobody");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("nobody has no mailbox yet").WaitForAsync();
        await page.FillAsync("#mailbox input", "anna/1");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "a <b>second</b> one" }).ClickAsync();
        await page.Locator("#trace").GetByText("anna/1").WaitForAsync();

        Assert.Equal("a <b>second</b> one", await page.InputValueAsync("#trace input[name=id]"));
        Assert.Contains("not yet", await page.TextContentAsync("#trace .result"), StringComparison.Ordinal);
        Assert.Empty(errors);
    }

    [Fact]
    public async Task From_beyond_this_machine_an_operator_signs_in_with_the_admin_key_and_out_again()
    {
        const string Key = "bk_of_the_operator";
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Key)));
        await using var service = await Service.StartAsync(null, Cancelled, ("Belfry__Auth__AdminKeys__ops", $"sha256:{hash}"));
        // As a proxy on this machine would hand it on.
        await using var context = await browser.OpenAsync(new() { ExtraHTTPHeaders = [KeyValuePair.Create("X-Forwarded-For", "203.0.113.9")] });
        var page = await context.NewPageAsync();
        await page.GotoAsync(Dashboard(service.Process));

        await page.GetByLabel("Admin key").FillAsync("bk_wrong");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("This is not an admin key of this server.").WaitForAsync();
        await page.GetByLabel("Admin key").FillAsync(Key);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync(Drawn);

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByLabel("Admin key").WaitForAsync();
    }

    private static string Dashboard(BelfryProcess server) => new Uri(server.AdminUrl, "dashboard").ToString();

    private static Task<BelfryProcess> StartDemoAsync() => BelfryProcess.StartAsync(
        BelfryProgram.Service with { Arguments = ["demo", "--rate", "50", "--users", "4"] }, new Dictionary<string, string>(), ct: Cancelled);

    /// <summary>All that the browser complains about.</summary>
    private static List<string> Listen(IPage page)
    {
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") errors.Add(message.Text);
        };
        return errors;
    }

    private static async Task<int> CountSamplesAsync(IPage page) => int.Parse(
        await page.EvaluateAsync<string>("() => String(echarts.getInstanceByDom(document.querySelector('.plot > div')).getOption().series[0].data.length)"), CultureInfo.InvariantCulture);

    private static Task<bool> IsDarkAsync(IPage page) => page.EvaluateAsync<bool>(
        "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every(part => Number(part) < 60)");
}
