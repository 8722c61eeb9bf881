namespace Belfry.Hosting.Auth;

/// <summary>What an endpoint may ask of its caller.</summary>
internal static class Policies
{
    /// <summary>A user: a valid token. <c>sub</c> is who.</summary>
    public const string User = "user";

    /// <summary>A publisher: a valid API key. The identity's name is the key's.</summary>
    public const string Publisher = "publisher";

    /// <summary>An operator: an admin key, or, on the admin listener, somebody on this machine.</summary>
    public const string Operator = "operator";
}

/// <summary>Claim types that are ours.</summary>
internal static class BelfryClaims
{
    /// <summary>What an API key allows: one of <see cref="Policies"/>.</summary>
    public const string Right = "belfry:right";
}
