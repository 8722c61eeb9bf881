using Microsoft.AspNetCore.Http.Features;

namespace Belfry.Http;

/// <summary>
/// The parts of a request's path from its own bytes: what the server decodes leaves <c>%2F</c> as it is, and a name that holds it
/// could not be told from one with a slash.
/// </summary>
internal static class RawPath
{
    /// <summary>What stands between the slashes, decoded: <c>/v1/topics/a%2Fb</c> is v1, topics and a/b.</summary>
    /// <exception cref="BadHttpRequestException">The path has steps up or down in it, so that its parts are not those of the route.</exception>
    public static string[] PartsOf(HttpContext http)
    {
        var path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];

        // A client that takes this server for a proxy names the host too.
        var host = path.IndexOf("://", StringComparison.Ordinal);
        if (host > 0) path = path[path.IndexOf('/', host + 3)..];

        var parts = path.TrimEnd('/').Split('/');
        if (parts.Length != http.Request.Path.Value!.TrimEnd('/').Split('/').Length)
        {
            throw new BadHttpRequestException("The path has '.' or '..' between its slashes.");
        }

        return [.. parts.Skip(1).Select(Uri.UnescapeDataString)];
    }
}
