using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Belfry.Hosting.Listeners;
using Belfry.Settings;

namespace Belfry.Hosting;

/// <summary>The public listener, and whom it trusts.</summary>
[SettingsSection("Belfry:Http")]
internal sealed class HttpOptions : IValidatableObject
{
    [Description("Where users and publishers connect; several with ';'. Port 0: a free one. Flag --urls. For https set Kestrel__Certificates__Default__Path too.")]
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    [Description("Web origins that may call this server from a browser with credentials, each exactly as the browser sends it: https://app.example.com")]
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    [Description("Addresses or networks (10.0.0.0/8) of reverse proxies: X-Forwarded-For and X-Forwarded-Proto are believed from these only.")]
    public IReadOnlyList<string> TrustedProxies { get; set; } = [];

    [Description("How many connections each listener holds at once; one more is closed at once. 0: as many as the process may have files open, "
        + "less what the server itself needs. Without any free file the process could not go on.")]
    [Range(0, 10_000_000)]
    public int Connections { get; set; }

    [Description("Whether pages of the inbox and long answers are compressed for clients that can read it, https included. Turn it off where "
        + "notifications carry secrets and others may write into the same inbox: see BREACH. Streams never are.")]
    public bool Compression { get; set; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenUrl.FindError(Urls) is { } wrong) yield return new ValidationResult(wrong, [nameof(Urls)]);

        foreach (var (index, origin) in CorsOrigins.Index())
        {
            if (IsOrigin(origin)) continue;
            yield return new ValidationResult(
                $"'{origin}' is not an origin: write scheme://host or scheme://host:port, no path, no wildcard", [$"{nameof(CorsOrigins)}:{index}"]);
        }

        foreach (var (index, proxy) in TrustedProxies.Index())
        {
            if (IPAddress.TryParse(proxy, out _) || IPNetwork.TryParse(proxy, out _)) continue;
            yield return new ValidationResult($"'{proxy}' is neither an address nor a network such as 10.0.0.0/8", [$"{nameof(TrustedProxies)}:{index}"]);
        }
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.GetLeftPart(UriPartial.Authority) == text;
}
