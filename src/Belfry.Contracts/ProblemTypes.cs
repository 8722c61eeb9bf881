namespace Belfry.Contracts;

/// <summary>The stable <c>type</c> of every problem that Belfry answers with.</summary>
public static class ProblemTypes
{
    private const string Prefix = "urn:belfry:problem:";

    /// <summary>The body is not JSON, or not of the shape that is asked for.</summary>
    public const string Malformed = Prefix + "malformed";

    /// <summary>A field is missing, too long, of the wrong type or out of its range.</summary>
    public const string InvalidField = Prefix + "invalid-field";

    /// <summary>A payload holds what PostgreSQL's jsonb could not: <c>\u0000</c>, a lone surrogate, a number out of range, too many levels.</summary>
    public const string InvalidPayload = Prefix + "invalid-payload";

    /// <summary>A body, a payload or a list is over its limit.</summary>
    public const string TooLarge = Prefix + "too-large";

    /// <summary>The field belongs to a feature that this version does not have.</summary>
    public const string NotSupported = Prefix + "not-supported";

    /// <summary>Nothing of the request was accepted; <c>rejected</c> has the reasons.</summary>
    public const string NothingAccepted = Prefix + "nothing-accepted";

    /// <summary>The body's media type is not one that this endpoint reads.</summary>
    public const string UnsupportedMediaType = Prefix + "unsupported-media-type";

    /// <summary>No credentials, or not valid ones.</summary>
    public const string Unauthorized = Prefix + "unauthorized";

    /// <summary>The credentials do not allow this.</summary>
    public const string Forbidden = Prefix + "forbidden";

    /// <summary>There is nothing at this path, or not for this method.</summary>
    public const string NotFound = Prefix + "not-found";

    /// <summary>Something else that is going on, or a newer state, stands against this request.</summary>
    public const string Conflict = Prefix + "conflict";

    /// <summary>A dead letter is refused again, and stays one; the detail says why.</summary>
    public const string StillRefused = Prefix + "still-refused";

    /// <summary>Too many connections of this user or address.</summary>
    public const string TooManyConnections = Prefix + "too-many-connections";

    /// <summary>The server has no room for this now.</summary>
    public const string Overloaded = Prefix + "overloaded";

    /// <summary>The store cannot be reached; nothing is known to be stored.</summary>
    public const string StoreUnavailable = Prefix + "store-unavailable";

    /// <summary>The server is shutting down.</summary>
    public const string Draining = Prefix + "draining";

    /// <summary>The server failed in a way that it should not.</summary>
    public const string Internal = Prefix + "internal";
}
