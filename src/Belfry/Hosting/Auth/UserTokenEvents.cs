using System.Security.Claims;
using Belfry.Hosting.Errors;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Hosting.Auth;

/// <summary>What we add to the bearer handler: the cookie, our rule for subjects, and a problem that says what is wrong.</summary>
internal sealed class UserTokenEvents(AuthorityKeys authority) : JwtBearerEvents
{
    private const string AuthorityAway = "The keys that check tokens cannot be read now.";
    private const string WrongSubject = "The token needs one 'sub' of 1 to 255 characters without control characters.";

    public override async Task MessageReceived(MessageReceivedContext context)
    {
        var manager = context.Options.ConfigurationManager;
        if (manager is not null && !await authority.AreKnownAsync(manager))
        {
            context.Fail(AuthorityAway);
            return;
        }

        if (context.Request.Headers.Authorization.Count > 0) return;
        if (!context.Request.Cookies.TryGetValue(UserTokens.Cookie, out var token)) return;

        context.Token = token;
        context.HttpContext.Features.Set(CookieLogin.Used);
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        var subjects = context.Principal!.FindAll(JwtRegisteredClaimNames.Sub).ToList();
        if (subjects.Count != 1 || !UserTokens.IsUserId(subjects[0].Value))
        {
            context.Fail(WrongSubject);
            return Task.CompletedTask;
        }

        context.Principal = Slim(context.Principal, subjects[0].Value);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Only what is asked for later. The handler's own principal holds the whole parsed token, and the middleware holds the
    /// principal for as long as a stream lives.
    /// </summary>
    private static ClaimsPrincipal Slim(ClaimsPrincipal full, string subject)
    {
        var identity = new ClaimsIdentity(JwtBearerDefaults.AuthenticationScheme, JwtRegisteredClaimNames.Sub, roleType: null);
        identity.AddClaim(new Claim(JwtRegisteredClaimNames.Sub, subject));
        if (full.FindFirst(JwtRegisteredClaimNames.Exp) is { } expires) identity.AddClaim(new Claim(JwtRegisteredClaimNames.Exp, expires.Value));
        return new ClaimsPrincipal(identity);
    }

    public override Task Challenge(JwtBearerChallengeContext context)
    {
        if (context.AuthenticateFailure?.Message == AuthorityAway)
        {
            // Not 401: the client would throw away a token that may be right.
            context.HandleResponse();
            context.HttpContext.ExplainProblem(AuthorityAway);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "5";
            return Task.CompletedTask;
        }

        if (context.AuthenticateFailure is not { } failure)
        {
            context.HttpContext.ExplainProblem($"Send a token as 'Authorization: Bearer …', or in the cookie {UserTokens.Cookie}.");
            return Task.CompletedTask;
        }

        // The handler's own words repeat what the token says, which a header may not be able to hold.
        context.ErrorDescription = Describe(failure);
        context.HttpContext.ExplainProblem(context.ErrorDescription);
        return Task.CompletedTask;
    }

    private static string Describe(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Describe(first),
        SecurityTokenExpiredException => "The token has expired.",
        SecurityTokenNotYetValidException => "The token is not valid yet.",
        SecurityTokenNoExpirationException => "The token has no 'exp'.",
        SecurityTokenInvalidAudienceException => "The token is for another audience.",
        SecurityTokenInvalidIssuerException => "The token is from another issuer.",
        _ when failure.Message == WrongSubject => WrongSubject,
        _ => "The token is not valid.",
    };
}

/// <summary>On a request whose token came from the cookie, which a browser sends whoever asks it to.</summary>
internal sealed class CookieLogin
{
    public static readonly CookieLogin Used = new();

    private CookieLogin()
    {
    }
}
