using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Belfry.Hosting.Errors;
using Belfry.Hosting.Listeners;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Belfry.Hosting.Auth;

/// <summary>Knows publishers and operators by <c>X-API-Key</c>, of which only the hash is configured.</summary>
internal sealed class ApiKeyHandler : AuthenticationHandler<AuthenticationSchemeOptions>
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-API-Key";

    private readonly AuthOptions _keys;
    private readonly OperatorSession _sessions;

    public ApiKeyHandler(
        IOptions<AuthOptions> keys, OperatorSession sessions, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
        : base(options, loggers, encoder)
    {
        _keys = keys.Value;
        _sessions = sessions;
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (ListenerMark.Of(Context) == Listener.Admin && SignIn.IsForPerson(Request)) return SignIn.AskAsync(Context, "");

        Context.ExplainProblem($"Send a valid key in the header {Header}.");
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append(HeaderNames.WWWAuthenticate, $"{SchemeName} realm=\"belfry\"");
        return Task.CompletedTask;
    }

    private AuthenticateResult Authenticate()
    {
        if (ReadKey() is not { } key) return ReadSession();

        var hash = KeyHash.Of(key);
        var publisher = Find(_keys.ApiKeys, hash);
        var admin = Find(_keys.AdminKeys, hash);
        if ((publisher ?? admin) is not { } name) return AuthenticateResult.Fail("unknown key");

        // An admin key may publish too.
        return Admit(name, isAdmin: admin is not null);
    }

    /// <summary>What a browser has in place of an admin key; good on the admin listener only.</summary>
    private AuthenticateResult ReadSession()
    {
        if (ListenerMark.Of(Context) != Listener.Admin || Request.Cookies[OperatorSession.Cookie] is not { } cookie) return AuthenticateResult.NoResult();
        if (_sessions.Read(cookie) is not { } name) return AuthenticateResult.NoResult();
        return OwnPage.IsHarmless(Request) || OwnPage.IsSender(Request)
            ? Admit(name, isAdmin: true)
            : AuthenticateResult.Fail("a page of another origin");
    }

    private static AuthenticateResult Admit(string name, bool isAdmin)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(BelfryClaims.Right, Policies.Publisher)], SchemeName);
        if (isAdmin) identity.AddClaim(new Claim(BelfryClaims.Right, Policies.Operator));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    private string? ReadKey()
    {
        var values = Request.Headers[Header];
        if (values.Count == 1 && values[0] is { Length: > 0 } key) return key;

        // Scrapers such as Prometheus can send a bearer token but no header of their own; nobody else uses one on this listener.
        const string Bearer = "Bearer ";
        var bearer = Request.Headers.Authorization.ToString();
        return ListenerMark.Of(Context) == Listener.Admin && bearer.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? bearer[Bearer.Length..].Trim()
            : null;
    }

    // Every entry is compared whole, found or not: the time tells nothing about the keys.
    internal static string? Find(IReadOnlyDictionary<string, string> keys, byte[] hash)
    {
        string? found = null;
        foreach (var (name, text) in keys)
        {
            if (KeyHash.TryParse(text, out var known) && CryptographicOperations.FixedTimeEquals(known, hash)) found ??= name;
        }

        return found;
    }
}
