using System.Diagnostics;

namespace Belfry.Ingest;

/// <summary>Traces of what comes in.</summary>
internal static class IngestTracing
{
    private static readonly ActivitySource Source = new("Belfry");

    /// <summary>What an event that is handled now has for its traceparent; null when nothing is traced.</summary>
    public static string? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Below the activity that runs.</summary>
    public static Activity? StartPublish() => Source.StartActivity("publish", ActivityKind.Producer);

    /// <param name="parent">The traceparent that came with it.</param>
    public static Activity? StartPublish(string? parent) => Source.StartActivity("publish", ActivityKind.Producer, parent);
}
