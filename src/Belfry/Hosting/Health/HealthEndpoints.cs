using System.Text.Json.Serialization;
using Belfry.Hosting.Listeners;
using Belfry.Settings;

namespace Belfry.Hosting.Health;

/// <summary><c>/livez</c>: the process answers. <c>/readyz</c>: it can do its work; 503 while a part cannot, or while it shuts down.</summary>
internal static class HealthEndpoints
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("").WithMetadata(ListenerMark.Both).DisableHttpMetrics();
        health.MapMethods("/livez", GetAndHead, Live);
        health.MapMethods("/readyz", GetAndHead, Ready);
    }

    private static IResult Live() => Results.Text("ok");

    private static IResult Ready(HttpContext context, Readiness readiness, Draining draining)
    {
        context.Response.Headers.CacheControl = "no-store";
        var ready = readiness.IsReady && !draining.Started.IsCancellationRequested;

        // Why a part is not ready may name hosts: that is for operators.
        var detailed = ListenerMark.Of(context) == Listener.Admin;
        var checks = readiness.Parts
            .OrderBy(part => part.Key, StringComparer.Ordinal)
            .ToDictionary(part => part.Key, part => new ReadyCheck(part.Value.Ready, detailed ? part.Value.Detail : null));
        return Results.Json(
            new ReadyAnswer(ready ? "ready" : "not ready", checks),
            HealthJson.Default.ReadyAnswer,
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

internal sealed record ReadyAnswer(string Status, IReadOnlyDictionary<string, ReadyCheck> Checks);

internal sealed record ReadyCheck(bool Ready, string? Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReadyAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
