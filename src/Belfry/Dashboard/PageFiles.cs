using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;

namespace Belfry.Dashboard;

/// <summary>The page and all that it loads, embedded in the assembly. Packed once, when it is first asked for.</summary>
internal static class PageFiles
{
    private const string Prefix = "Belfry.Dashboard.Page.";

    private static readonly FrozenDictionary<string, Lazy<PageFile>> Files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], name => new Lazy<PageFile>(() => Read(name)), StringComparer.Ordinal);

    public static PageFile? Find(string name) => Files.TryGetValue(name, out var file) ? file.Value : null;

    private static PageFile Read(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return new PageFile(bytes, packed.ToArray(), Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            var other => throw new InvalidOperationException($"{other} is no part of a page."),
        });
    }
}

/// <summary>One of them.</summary>
/// <param name="Hash">Changes with what is in it.</param>
internal sealed record PageFile(byte[] Bytes, byte[] Gzip, string Hash, string ContentType)
{
    public string Tag => $"\"{Hash}\"";

    /// <summary>Other bytes, another tag.</summary>
    public string GzipTag => $"\"{Hash}-gzip\"";
}
