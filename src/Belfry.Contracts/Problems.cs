namespace Belfry.Contracts;

/// <summary>The title and status that go with each of <see cref="ProblemTypes"/>.</summary>
public static class Problems
{
    /// <summary>400: not JSON, or not of the shape that is asked for.</summary>
    public static Problem Malformed(string detail) => new(ProblemTypes.Malformed, "The body cannot be read", 400, detail);

    /// <summary>400: one field is wrong; the detail names it.</summary>
    public static Problem InvalidField(string detail) => new(ProblemTypes.InvalidField, "A field is not valid", 400, detail);

    /// <summary>400: the payload holds what no jsonb can hold.</summary>
    public static Problem InvalidPayload(string detail) => new(ProblemTypes.InvalidPayload, "The payload cannot be stored", 400, detail);

    /// <summary>413: over a limit; the detail names the limit.</summary>
    public static Problem TooLarge(string detail) => new(ProblemTypes.TooLarge, "Too large", 413, detail);

    /// <summary>400: a field of a feature that this version does not have.</summary>
    public static Problem NotSupported(string detail) => new(ProblemTypes.NotSupported, "Not supported by this version", 400, detail);

    /// <summary>400: every item was refused.</summary>
    public static Problem NothingAccepted(string detail) => new(ProblemTypes.NothingAccepted, "Nothing was accepted", 400, detail);

    /// <summary>415: a media type that the endpoint does not read.</summary>
    public static Problem UnsupportedMediaType(string detail) =>
        new(ProblemTypes.UnsupportedMediaType, "The media type is not supported", 415, detail);

    /// <summary>401: no credentials, or not valid ones.</summary>
    public static Problem Unauthorized(string detail) => new(ProblemTypes.Unauthorized, "Credentials are missing or not valid", 401, detail);

    /// <summary>403: the credentials do not allow this.</summary>
    public static Problem Forbidden(string detail) => new(ProblemTypes.Forbidden, "Not allowed", 403, detail);

    /// <summary>404: what the request names is not there.</summary>
    public static Problem NotFound(string detail) => new(ProblemTypes.NotFound, "There is nothing here", 404, detail);

    /// <summary>422: a dead letter would be refused again.</summary>
    public static Problem StillRefused(string detail) => new(ProblemTypes.StillRefused, "Still refused", 422, detail);

    /// <summary>409: not now, because of what else is going on.</summary>
    public static Problem Conflict(string detail) => new(ProblemTypes.Conflict, "In conflict with what is going on", 409, detail);

    /// <summary>429: this user or address has all the connections it may have.</summary>
    public static Problem TooManyConnections(string detail) =>
        new(ProblemTypes.TooManyConnections, "Too many connections", 429, detail);

    /// <summary>503: no room now.</summary>
    public static Problem Overloaded(string detail) => new(ProblemTypes.Overloaded, "The server is full", 503, detail);

    /// <summary>503: the store does not answer; nothing is known to be stored.</summary>
    public static Problem StoreUnavailable(string detail) => new(ProblemTypes.StoreUnavailable, "The store is unavailable", 503, detail);

    /// <summary>503: the server is shutting down.</summary>
    public static Problem Draining(string detail) => new(ProblemTypes.Draining, "The server is shutting down", 503, detail);
}
