using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Belfry.Hosting.Auth;

/// <summary>
/// Whether the authority's keys have ever been read. From then on the last known ones serve while it is away; before, no token can
/// be judged, and its owner must not be told that it is wrong. Thread-safe; one attempt at a time, however many clients ask.
/// </summary>
internal sealed class AuthorityKeys(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<bool>? _attempt;
    private long _attemptedAt;
    private volatile bool _known;

    public Task<bool> AreKnownAsync(IConfigurationManager<OpenIdConnectConfiguration> manager)
    {
        lock (_gate)
        {
            var over = _attempt is { IsCompleted: true } && !_known && time.GetElapsedTime(_attemptedAt) > Pause;
            if (_attempt is null || over)
            {
                _attemptedAt = time.GetTimestamp();
                _attempt = TryReadAsync(manager);
            }

            return _attempt;
        }
    }

    private async Task<bool> TryReadAsync(IConfigurationManager<OpenIdConnectConfiguration> manager)
    {
        try
        {
            // Not one caller's token: others wait for this attempt too. The backchannel has its own time limit.
            await manager.GetConfigurationAsync(CancellationToken.None);
            _known = true;
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
