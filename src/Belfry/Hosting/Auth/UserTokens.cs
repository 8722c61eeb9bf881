using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Hosting.Auth;

/// <summary>How users' tokens are checked: by our secrets, or by the keys that an authority publishes; never by both.</summary>
internal sealed class UserTokens(IOptions<AuthOptions> auth, AuthorityKeys authority) : IConfigureNamedOptions<JwtBearerOptions>
{
    /// <summary>For EventSource, which cannot send headers. Set by the application, HttpOnly.</summary>
    public const string Cookie = "belfry_token";

    private const int MaxUserIdLength = 255;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(5);

    public static SymmetricSecurityKey KeyOf(string secret) => new(Encoding.UTF8.GetBytes(secret));

    public void Configure(JwtBearerOptions options) => Configure(JwtBearerDefaults.AuthenticationScheme, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        var settings = auth.Value;
        options.MapInboundClaims = false;
        options.SaveToken = false; // A stream would hold it for as long as it lives.
        options.RequireHttpsMetadata = false; // The settings allow plain http on loopback only.
        options.TokenValidationParameters = new TokenValidationParameters
        {
            NameClaimType = JwtRegisteredClaimNames.Sub,
            ClockSkew = ClockSkew,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ValidateIssuerSigningKey = true,
            ValidateIssuer = settings.Issuer is not null || settings.Authority is not null,
            ValidIssuer = settings.Issuer,
            ValidateAudience = settings.Audience is not null,
            ValidAudience = settings.Audience,
        };

        // One family of algorithms: a token must not choose how it is checked.
        var parameters = options.TokenValidationParameters;
        if (settings.Authority is null)
        {
            parameters.ValidAlgorithms = [SecurityAlgorithms.HmacSha256];
            parameters.IssuerSigningKeys = [.. new[] { settings.Secret, settings.PreviousSecret }.OfType<string>().Select(KeyOf)];
        }
        else
        {
            parameters.ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
                SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
                SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
            ];
            options.Authority = settings.Authority;
            options.BackchannelTimeout = BackchannelTimeout;
        }

        options.Events = new UserTokenEvents(authority);
    }

    /// <summary>Whether a subject can be a user of a mailbox.</summary>
    public static bool IsUserId(string? subject) =>
        subject is { Length: >= 1 and <= MaxUserIdLength } && !subject.Any(char.IsControl);
}
