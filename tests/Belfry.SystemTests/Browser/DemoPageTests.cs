using Belfry.Servers;
using Microsoft.Playwright;
using Xunit;

namespace Belfry.SystemTests.Browser;

/// <summary>The demo as a person uses it. Its pictures are kept in <c>artifacts/screenshots</c>, to be looked at.</summary>
public sealed class DemoPageTests(SharedBrowser browser)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Notifications_arrive_in_two_devices_and_what_one_of_them_missed_is_there_when_it_is_back()
    {
        await using var demo = await StartAsync(rate: 20, users: 4);
        await using var context = await browser.OpenAsync();
        var page = await context.NewPageAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") errors.Add(message.Text);
        };
        var answer = await page.GotoAsync(demo.Url.OriginalString);
        var policy = await answer!.HeaderValueAsync("Content-Security-Policy");
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var laptop = page.GetByRole(AriaRole.List, new() { Name = "Laptop" });
        var phone = page.GetByRole(AriaRole.List, new() { Name = "Phone" });

        // The producers' come by themselves, and the figures move.
        await laptop.GetByRole(AriaRole.Listitem).First.WaitForAsync();
        await phone.GetByRole(AriaRole.Listitem).First.WaitForAsync();
        foreach (var figure in (string[])["stored", "delivered", "latency", "connections"])
        {
            await page.WaitForFunctionAsync("id => Number(document.getElementById(id).textContent.replace(/,/g, '')) > 0", figure);
        }

        await SendAsync(page, "to both of them");
        await laptop.GetByText("to both of them").WaitForAsync();
        await phone.GetByText("to both of them").WaitForAsync();

        // One of them goes away.
        var card = page.Locator("section", new() { HasText = "Phone" });
        await card.GetByRole(AriaRole.Button, new() { Name = "Switch off" }).ClickAsync();
        await SendAsync(page, "while the phone was off");
        await laptop.GetByText("while the phone was off").WaitForAsync();
        Assert.Equal(0, await phone.GetByText("while the phone was off").CountAsync());
        await card.GetByRole(AriaRole.Button, new() { Name = "Switch on" }).ClickAsync();
        await phone.GetByText("while the phone was off").WaitForAsync();
        await card.GetByText("were missed and are here now").WaitForAsync();
        Assert.Equal(1, await phone.GetByText("while the phone was off").CountAsync());
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
        await using var demo = await StartAsync(rate: 20, users: 4);
        await using var context = await browser.OpenAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
        var page = await context.NewPageAsync();
        await page.GotoAsync(demo.Url.OriginalString);
        await page.WaitForFunctionAsync("() => document.querySelectorAll('li').length >= 12 && Number(document.getElementById('stored').textContent) > 0");

        await page.ScreenshotAsync(new() { Path = Path.Combine(Built.RepositoryRoot, "artifacts", "screenshots", $"demo-{width}-{scheme}.png".ToLowerInvariant()), FullPage = true });
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways.");
    }

    private static Task<BelfryProcess> StartAsync(int rate, int users) => BelfryProcess.StartAsync(
        BelfryProgram.Service with { Arguments = ["demo", "--rate", $"{rate}", "--users", $"{users}"] }, new Dictionary<string, string>(), ct: Cancelled);

    private static async Task SendAsync(IPage page, string text)
    {
        await page.GetByLabel("Text").FillAsync(text);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await page.GetByText("stored as").WaitForAsync();
    }
}
