using System.Security.Cryptography;
using System.Text;

namespace Belfry.Bench.Topology;

/// <summary>The secrets of one run.</summary>
internal sealed class Keys
{
    /// <summary>Signs users' tokens.</summary>
    public string Secret { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));

    /// <summary>The bench's own, as a publisher.</summary>
    public string ApiKey { get; } = "bk_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public string ApiKeyHash => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey)));
}
