using System.Text;
using Belfry.Hosting.Auth;
using Belfry.Hosting.Listeners;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting;

/// <summary>
/// Runs the server with throw-away keys. The keys and a user's token are put into files, which the shown curl lines name: nothing
/// secret is printed, and the lines work as they are.
/// </summary>
internal sealed partial class DevMode(
    BoundListeners listeners, IOptions<AuthOptions> auth, IOptions<DataOptions> data, TimeProvider time, ILogger<DevMode> log)
{
    private const string User = "user-1";

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(1);

    /// <summary>Gives the configuration keys for what has none.</summary>
    public static void Prepare(WebApplicationBuilder builder)
    {
        AddKeys(builder.Configuration);
        builder.Services.AddSingleton<DevMode>();
    }

    public static DevKeys AddKeys(ConfigurationManager configuration)
    {
        var configured = (AuthOptions)SettingsSection.Of<AuthOptions>().Read(configuration).Options;
        var folder = (DataOptions)SettingsSection.Of<DataOptions>().Read(configuration).Options;
        var keys = DevKeys.LoadOrMake(folder.DataFolder);
        configuration.Sources.Add(new NamedValues("the throw-away keys", keys.AsSettings(configured)));
        return keys;
    }

    /// <summary>Says loudly what is going on, and how to try the server out.</summary>
    public void Announce()
    {
        Log.ThrowAwayKeys(log, Path.Combine(data.Value.DataFolder, DevKeys.FileName));

        var keys = DevKeys.LoadOrMake(data.Value.DataFolder);
        if (auth.Value.Secret != keys.Secret || !auth.Value.ApiKeys.ContainsKey("dev")) return;

        var publish = PutHeader("publish.header", $"{ApiKeyHandler.Header}: {keys.ApiKey}");
        PutHeader("admin.header", $"{ApiKeyHandler.Header}: {keys.AdminKey}");
        var stream = PutHeader($"{User}.header", $"Authorization: Bearer {new TokenMaker(auth.Value, time).Make(User, TokenLifetime)}");
        var event_ = $$$"""{"user_id":"{{{User}}}","event_type":"job.posted","payload":{"title":"Hello"}}""";
        Log.TryStream(log, $"curl -N -H @{stream} {listeners.Public}v1/stream");
        Log.TryPublish(log, $"curl -H @{publish} -H 'Content-Type: application/json' -d '{event_}' {listeners.Public}v1/events");
    }

    private string PutHeader(string name, string header)
    {
        var path = Path.Combine(data.Value.DataFolder, name);
        PrivateFile.Put(path, Encoding.UTF8.GetBytes(header + "\n"));
        return path;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "DEVELOPMENT MODE: what has no key of its own has a throw-away one from {File}. Never run this for others.")]
        public static partial void ThrowAwayKeys(ILogger logger, string file);

        [LoggerMessage(2, LogLevel.Warning, "Watch user-1's stream:  {Curl}")]
        public static partial void TryStream(ILogger logger, string curl);

        [LoggerMessage(3, LogLevel.Warning, "Publish to user-1:      {Curl}")]
        public static partial void TryPublish(ILogger logger, string curl);
    }
}
