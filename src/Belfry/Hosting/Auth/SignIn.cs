using System.Reflection;
using Belfry.Contracts;
using Belfry.Http;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Auth;

/// <summary>How a browser beyond loopback comes in: a form that takes the admin key and gives a cookie.</summary>
internal static class SignIn
{
    private const string Path = "/dashboard/session";
    private const string Home = "/dashboard";
    private const int MaxForm = 4096;

    private static readonly string Form = ReadForm();

    private static readonly string Policy =
        $"default-src 'none'; style-src {InlineHashes.OfStyles(Form)}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, EnterAsync);
        routes.MapPost($"{Path}/end", LeaveAsync);
    }

    /// <summary>Whether a person looks at the answer, so that a form says more than a problem.</summary>
    public static bool IsForPerson(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>401, and the form.</summary>
    /// <param name="message">What was wrong with the last try.</param>
    public static Task AskAsync(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        SafeHeaders.SetPage(context.Response, Policy);
        return context.Response.WriteAsync(Form.Replace("{message}", message, StringComparison.Ordinal), context.RequestAborted);
    }

    private static async Task EnterAsync(HttpContext context, IOptions<AuthOptions> keys, OperatorSession session)
    {
        if (!OwnPage.IsSender(context.Request))
        {
            await ProblemResponse.WriteAsync(context, Problems.Forbidden("The form must be sent from a page of this server."));
            return;
        }

        if (!context.Request.HasFormContentType || context.Request.ContentLength is null or > MaxForm)
        {
            await ProblemResponse.WriteAsync(context, Problems.Malformed("Send the form with the field 'key'."));
            return;
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (ApiKeyHandler.Find(keys.Value.AdminKeys, KeyHash.Of(form["key"].ToString().Trim())) is not { } name)
        {
            await AskAsync(context, "This is not an admin key of this server.");
            return;
        }

        context.Response.Cookies.Append(OperatorSession.Cookie, session.Make(name), Options(context, OperatorSession.Lifetime));
        Return(context);
    }

    private static async Task LeaveAsync(HttpContext context)
    {
        if (!OwnPage.IsSender(context.Request))
        {
            await ProblemResponse.WriteAsync(context, Problems.Forbidden("The form must be sent from a page of this server."));
            return;
        }

        context.Response.Cookies.Delete(OperatorSession.Cookie, Options(context, null));
        Return(context);
    }

    // See other: the browser asks for the page anew, and a reload does not send the key again.
    private static void Return(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = Home;
    }

    private static CookieOptions Options(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        // The page's own scheme: a proxy in front may have ended TLS.
        Secure = context.Request.Headers.Origin.ToString().StartsWith("https:", StringComparison.OrdinalIgnoreCase),
        Path = "/",
        MaxAge = lifetime,
    };

    private static string ReadForm()
    {
        using var resource = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("Belfry.Hosting.Auth.SignIn.html")!);
        return resource.ReadToEnd();
    }
}
