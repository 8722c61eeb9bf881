using System.Net;
using Belfry.Hosting.Listeners;
using Microsoft.AspNetCore.Authorization;

namespace Belfry.Hosting.Auth;

/// <summary>The caller operates this server.</summary>
internal sealed class OperatorRequirement : IAuthorizationRequirement;

/// <summary>Lets in who has an admin key, and on the admin listener whoever is on this machine.</summary>
internal sealed class OperatorHandler : AuthorizationHandler<OperatorRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, OperatorRequirement requirement)
    {
        if (context.User.HasClaim(BelfryClaims.Right, Policies.Operator)
            || (context.Resource is HttpContext request && IsOnThisMachine(request)))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    private static bool IsOnThisMachine(HttpContext context)
    {
        if (ListenerMark.Of(context) != Listener.Admin) return false;
        if (context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address)) return false;

        // A proxy on this machine is not the caller.
        var headers = context.Request.Headers;
        if (headers.ContainsKey("X-Forwarded-For") || headers.ContainsKey("X-Original-For") || headers.ContainsKey("Forwarded")) return false;

        // A web page from anywhere can make a browser on this machine send what changes something.
        if (!OwnPage.IsHarmless(context.Request) && !OwnPage.IsSenderOrNoBrowser(context.Request)) return false;

        // A web page whose own host name was pointed at 127.0.0.1 sends that name.
        var host = context.Request.Host.Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
