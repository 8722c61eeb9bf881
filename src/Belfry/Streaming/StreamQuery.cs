using System.Globalization;
using System.Security.Claims;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Settings;

namespace Belfry.Streaming;

/// <summary>Reads from a request's address and headers what is asked of a stream.</summary>
internal static class StreamQuery
{
    private static readonly TimeSpan MinWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    /// <summary>Null when something is asked for that there is not: the fault says what.</summary>
    public static StreamRequest? Parse(HttpRequest http, ClaimsPrincipal user, StreamContext context, out string? fault)
    {
        var query = http.Query;
        var cursorText = http.Headers["Last-Event-ID"].FirstOrDefault();
        if (string.IsNullOrEmpty(cursorText)) cursorText = query["last_event_id"].FirstOrDefault();
        Cursor? after = Cursor.TryParse(cursorText, out var cursor) ? cursor : null;

        StreamStart? since = query["since"].FirstOrDefault() switch
        {
            null or "" or "undelivered" => StreamStart.Undelivered,
            "latest" => StreamStart.Latest,
            "earliest" => StreamStart.Earliest,
            _ => null,
        };
        bool? acknowledges = query["ack"].FirstOrDefault() switch
        {
            null or "" or "0" => false,
            "1" => true,
            _ => null,
        };
        var waitText = query["wait"].FirstOrDefault();
        var isPoll = !string.IsNullOrEmpty(waitText);
        var wait = TimeSpan.Zero;
        fault =
            since is null ? "since is one of undelivered, latest, earliest."
            : acknowledges is null ? "ack is 1 or 0."
            : isPoll && (!Duration.TryParse(waitText, out wait) || wait < MinWait || wait > MaxWait) ? "wait is 1s to 60s."
            : isPoll && WantsStream(http) ? "wait is for an answer in application/json; a stream has no end to wait for."
            : null;
        if (fault is not null) return null;

        return new StreamRequest(
            since!.Value,
            after,
            HasUnreadableCursor: !string.IsNullOrEmpty(cursorText) && after is null,
            TypeFilter.Parse(query["types"].FirstOrDefault()),
            EndsAt: EndOf(isPoll ? wait : context.NextAge(), user, context.Time))
        {
            Blocks = QualityOf(http, NdjsonWriter.MediaType) > (QualityOf(http, SseWriter.MediaType) ?? 0) ? NdjsonWriter.Instance : SseWriter.Instance,
            IsPoll = isPoll,
            Acknowledges = acknowledges!.Value,
        };
    }

    /// <summary>Not after the token's own end.</summary>
    private static long EndOf(TimeSpan age, ClaimsPrincipal user, TimeProvider time)
    {
        if (long.TryParse(user.FindFirstValue("exp"), CultureInfo.InvariantCulture, out var expires))
        {
            var left = DateTimeOffset.FromUnixTimeSeconds(Math.Min(expires, DateTimeOffset.MaxValue.ToUnixTimeSeconds())) - time.GetUtcNow();
            if (left < age) age = left;
        }

        return time.GetTimestamp() + (long)(age.TotalSeconds * time.TimestampFrequency);
    }

    private static bool WantsStream(HttpRequest http) =>
        (QualityOf(http, NdjsonWriter.MediaType) ?? QualityOf(http, SseWriter.MediaType)) > 0
        && QualityOf(http, "application/json") is null && QualityOf(http, "application/*") is null && QualityOf(http, "*/*") is null;

    /// <summary>How much the client wants a media type that it names; null: it does not name it.</summary>
    private static double? QualityOf(HttpRequest http, string mediaType)
    {
        // Nearly nobody names more than one: only who does is read closely.
        if (!http.Headers.Accept.ToString().Contains(mediaType, StringComparison.OrdinalIgnoreCase)) return null;
        var named = http.GetTypedHeaders().Accept.FirstOrDefault(type => type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase));
        return named is null ? null : named.Quality ?? 1;
    }
}
