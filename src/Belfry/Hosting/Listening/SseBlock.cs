namespace Belfry.Hosting.Listening;

/// <summary>One whole block of a stream, up to its empty line.</summary>
/// <param name="Event">Its kind; <c>message</c> when it names none.</param>
/// <param name="Id">The cursor that it moves to; null: it moves none.</param>
/// <param name="Data">Its data; null: it only moves the cursor.</param>
/// <param name="Retry">How long to wait before the next connection, from here on.</param>
internal sealed record SseBlock(string Event, string? Id, string? Data, TimeSpan? Retry);
