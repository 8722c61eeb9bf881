using System.Diagnostics;
using Xunit;

namespace Belfry.SystemTests.Faults;

/// <summary>A file system of a few megabytes in memory. To mount one takes root; elsewhere the test is skipped.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _mount;

    private SmallDisk(string mount) => _mount = mount;

    /// <summary>An empty folder on it.</summary>
    public string Folder => Path.Combine(_mount, "data");

    private string Filler => Path.Combine(_mount, "filler");

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("To mount a small disk takes root.");
        var mount = Directory.CreateTempSubdirectory("belfry-disk-").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0755", "belfry", mount) != 0)
        {
            Directory.Delete(mount);
            Assert.Skip("This machine does not let a small disk be mounted.");
        }

        return new SmallDisk(mount);
    }

    public async Task GiveToPostgresAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(Folder);
        Assert.Equal(0, await RunAsync("chown", "postgres:", Folder));
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>Takes all of it but so many bytes.</summary>
    public async Task FillAsync(long leave, CancellationToken ct)
    {
        var bytes = new DriveInfo(_mount).AvailableFreeSpace - leave;
        await using var file = File.Create(Filler);
        var block = new byte[1024 * 1024];
        for (; bytes > 0; bytes -= block.Length) await file.WriteAsync(block.AsMemory(0, (int)Math.Min(bytes, block.Length)), ct);
    }

    public void GiveBack() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        // Its PostgreSQL may still have files open there: it goes away with the last of them.
        await RunAsync("umount", "-l", _mount);
        Directory.Delete(_mount);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
