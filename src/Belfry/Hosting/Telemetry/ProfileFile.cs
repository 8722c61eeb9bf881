namespace Belfry.Hosting.Telemetry;

/// <summary>A profile on disk, and what it was made of; gone when it is disposed.</summary>
internal sealed class ProfileFile : IDisposable
{
    private readonly string _folder;

    public ProfileFile(string dataFolder)
    {
        _folder = Path.Combine(dataFolder, $"profile-{Guid.CreateVersion7():N}");
        Directory.CreateDirectory(_folder);
    }

    public string TracePath => Path.Combine(_folder, "profile.nettrace");

    public string LogPath => Path.Combine(_folder, "profile.etlx");

    public string ProfilePath => Path.Combine(_folder, "profile.speedscope.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
