using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using Belfry.Settings;

namespace Belfry.Hosting.Auth;

/// <summary>Who may stream, publish and operate. Users' tokens are signed with a secret, or by an authority.</summary>
[SettingsSection("Belfry:Auth")]
internal sealed class AuthOptions : IValidatableObject
{
    private const int MinSecretBytes = 32;

    [Secret]
    [Description("Signs and checks users' tokens (HS256); at least 32 bytes. Changing it ends every token, unless PreviousSecret has the old one.")]
    public string? Secret { get; set; }

    [Secret]
    [Description("A second secret that is still accepted, for the time of a rotation.")]
    public string? PreviousSecret { get; set; }

    [Description("The OpenID Connect issuer whose published keys (JWKS) check users' tokens, in place of Secret. https, or http on loopback.")]
    public string? Authority { get; set; }

    [Description("What a token's 'aud' must have. Not set: 'aud' is not looked at. Needed with Authority.")]
    public string? Audience { get; set; }

    [Description("What a token's 'iss' must be. Not set: not looked at with Secret; the authority's own with Authority.")]
    public string? Issuer { get; set; }

    [Secret]
    [Description("Publishers: <name>=sha256:<hex of the key's SHA-256>. The name is the source of events that name none.")]
    public IReadOnlyDictionary<string, string> ApiKeys { get; set; } = new Dictionary<string, string>();

    [Secret]
    [Description("Operators: <name>=sha256:<hex>. Opens the admin listener beyond loopback; may publish too.")]
    public IReadOnlyDictionary<string, string> AdminKeys { get; set; } = new Dictionary<string, string>();

    /// <summary>Whether users' tokens can be checked at all.</summary>
    public bool HasUsers => Secret is not null || Authority is not null;

    /// <summary>Whether anyone at all can be let in.</summary>
    public bool IsConfigured => HasUsers || ApiKeys.Count > 0 || AdminKeys.Count > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
    [
        .. CheckSecret(Secret, nameof(Secret)),
        .. CheckSecret(PreviousSecret, nameof(PreviousSecret)),
        .. CheckTokens(),
        .. CheckKeys(ApiKeys, nameof(ApiKeys)),
        .. CheckKeys(AdminKeys, nameof(AdminKeys)),
    ];

    private IEnumerable<ValidationResult> CheckTokens()
    {
        if (PreviousSecret is not null && Secret is null) yield return new("is set without Secret", [nameof(PreviousSecret)]);
        if (Authority is null) yield break;
        if (Secret is not null) yield return new("is set beside Secret; tokens are checked by one of them", [nameof(Authority)]);
        if (Audience is null) yield return new("must be set with Authority: else a token made for any other application would be let in", [nameof(Audience)]);
        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var uri) || !(uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback)))
        {
            yield return new("must be an https address (http only on loopback)", [nameof(Authority)]);
        }
    }

    private static IEnumerable<ValidationResult> CheckSecret(string? secret, string name)
    {
        if (secret is null) yield break;
        var bytes = Encoding.UTF8.GetByteCount(secret);
        if (bytes < MinSecretBytes) yield return new($"has {bytes} bytes; at least {MinSecretBytes} are needed: openssl rand -base64 48", [name]);
    }

    // The value is never repeated: it may be the key itself, pasted in the wrong place.
    private static IEnumerable<ValidationResult> CheckKeys(IReadOnlyDictionary<string, string> keys, string name) =>
        from key in keys
        where !KeyHash.TryParse(key.Value, out _)
        select new ValidationResult("must be sha256: and 64 lower-case hex digits; `belfry token --api-key` makes a key and this line", [$"{name}:{key.Key}"]);
}
