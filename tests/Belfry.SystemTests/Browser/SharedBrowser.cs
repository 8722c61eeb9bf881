using Belfry.Servers;
using Belfry.SystemTests.Browser;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedBrowser))]

namespace Belfry.SystemTests.Browser;

/// <summary>One Chromium for all tests, started when the first one asks. Each test opens a context of its own in it.</summary>
public sealed class SharedBrowser : IAsyncDisposable
{
    /// <summary>The program, where it is not one of the usual names.</summary>
    private const string Variable = "BELFRY_CHROMIUM";

    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> _started = new(StartAsync);

    /// <summary>A fresh browser profile; skips the test where no Chromium is installed, fails it in CI.</summary>
    public async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null)
    {
        var (_, browser) = await Parts.RequireOrSkipAsync(() => _started.Value);
        var context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout(20_000);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_started is not { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) return;
        var (driver, browser) = await _started.Value;
        await browser.DisposeAsync();
        driver.Dispose();
    }

    private static async Task<(IPlaywright Driver, IBrowser Browser)> StartAsync()
    {
        var program = FindProgram() ?? throw new MissingPartException("Chromium", $"run build/install-parts.sh, or point {Variable} to it.");
        var driver = await Playwright.CreateAsync();
        return (driver, await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = ["--no-sandbox"] }));
    }

    private static string? FindProgram() =>
        ((string?[])[Environment.GetEnvironmentVariable(Variable), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]).FirstOrDefault(File.Exists);
}
