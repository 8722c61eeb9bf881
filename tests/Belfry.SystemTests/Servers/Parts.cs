using Belfry.Servers;
using Xunit;

namespace Belfry.SystemTests;

/// <summary>What a test does on a machine where a server is not installed.</summary>
internal static class Parts
{
    private static readonly bool InCi = Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Starts a server; when its programs are missing, the test is skipped with the reason, and in CI (<c>CI=true</c>) it fails.</summary>
    public static async Task<T> RequireOrSkipAsync<T>(Func<Task<T>> start)
    {
        try
        {
            return await start();
        }
        catch (MissingPartException e) when (!InCi)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
