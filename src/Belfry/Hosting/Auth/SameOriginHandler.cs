using Belfry.Hosting.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Auth;

/// <summary>A request that changes something and is let in by a cookie must come from a page that may do so.</summary>
internal sealed class SameOriginRequirement : IAuthorizationRequirement;

/// <summary>Compares <c>Origin</c>, which no page can forge, with our own origin and the allowed ones.</summary>
internal sealed class SameOriginHandler(IOptions<HttpOptions> http) : AuthorizationHandler<SameOriginRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, SameOriginRequirement requirement)
    {
        if (context.Resource is HttpContext request && MayPass(request)) context.Succeed(requirement);
        return Task.CompletedTask;
    }

    private bool MayPass(HttpContext context)
    {
        var method = context.Request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)) return true;
        if (context.Features.Get<CookieLogin>() is null) return true;

        var origin = context.Request.Headers.Origin.ToString();
        var own = $"{context.Request.Scheme}://{context.Request.Host.Value}";
        if (origin.Equals(own, StringComparison.OrdinalIgnoreCase) || http.Value.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)) return true;

        context.ExplainProblem($"A request that changes something and carries the cookie {UserTokens.Cookie} needs an Origin header of this server or of an allowed origin.");
        return false;
    }
}
