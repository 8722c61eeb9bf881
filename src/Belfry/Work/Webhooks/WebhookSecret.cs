using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Belfry.Work.Webhooks;

/// <summary>A symmetric secret in the form of Standard Webhooks. Immutable; never shown.</summary>
internal sealed class WebhookSecret
{
    public const string Form = "write whsec_ and 24 to 64 random bytes in base64, as `echo whsec_$(openssl rand -base64 32)` prints";

    private const string Prefix = "whsec_";
    private const int MinBytes = 24;
    private const int MaxBytes = 64;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    public static bool TryParse(string text, out WebhookSecret secret)
    {
        secret = null!;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var key = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) || length is < MinBytes or > MaxBytes) return false;
        secret = new WebhookSecret(key[..length]);
        return true;
    }

    /// <summary>The signature of one message at one attempt: <c>v1,</c> and base64 of HMAC-SHA256(id.timestamp.body).</summary>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }
}
