using System.Diagnostics;
using Belfry.Servers;
using Xunit;

namespace Belfry.SystemTests.Servers;

public sealed class ReaperTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_dead_test_run_leaves_behind_is_ended_and_removed()
    {
        using var kept = Process.Start("sleep", "600");
        using var left = Process.Start("sleep", "600");
        var folder = Directory.CreateTempSubdirectory("belfry-reaper-");
        File.WriteAllText(Path.Combine(folder.FullName, "file"), "");

        using (var reaper = new Reaper())
        {
            reaper.Kill(kept.Id);
            reaper.Kill(left.Id);
            reaper.Forget(kept.Id);
            reaper.Remove(folder.FullName);
        }

        await left.WaitForExitAsync(Cancelled).WaitAsync(Patience, TimeProvider.System, Cancelled);
        await Eventually.HoldsAsync("the folder is gone", () => !Directory.Exists(folder.FullName), Patience, Cancelled);
        Assert.False(kept.HasExited);
        kept.Kill();
    }
}
