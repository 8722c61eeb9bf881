using System.Globalization;
using Belfry.Contracts;
using Belfry.Http;

namespace Belfry.Hosting.Telemetry;

/// <summary><c>GET /debug/profile?seconds=10</c>: a CPU profile of the live process, to be opened at speedscope.</summary>
internal static class ProfileEndpoint
{
    private const int DefaultSeconds = 10;
    private const int MaxSeconds = 120;

    public static async Task HandleAsync(HttpContext context, Profiler profiler, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        if (ReadSeconds(context.Request.Query["seconds"]) is not { } seconds)
        {
            await ProblemResponse.WriteAsync(context, Problems.InvalidField($"seconds is a whole number from 1 to {MaxSeconds}."));
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var profile = await profiler.TryTakeAsync(TimeSpan.FromSeconds(seconds), ended.Token);
        if (profile is null)
        {
            await ProblemResponse.WriteAsync(context, Problems.Conflict("A profile is being taken; there is one at a time."));
            return;
        }

        var taken = time.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"belfry-{taken}.speedscope.json\"";
        await context.Response.SendFileAsync(profile.ProfilePath, ended.Token);
    }

    private static int? ReadSeconds(string? text)
    {
        if (string.IsNullOrEmpty(text)) return DefaultSeconds;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MaxSeconds ? seconds : null;
    }
}
