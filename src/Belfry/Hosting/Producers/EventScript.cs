using Belfry.Contracts;

namespace Belfry.Hosting.Producers;

/// <summary>What one of the example services publishes.</summary>
/// <param name="Name">What the service is called.</param>
/// <param name="Share">Its part of the whole rate.</param>
/// <param name="Kinds">Its event types, each as likely as the others.</param>
internal sealed record EventScript(string Name, double Share, IReadOnlyList<EventKind> Kinds)
{
    /// <summary>Whether it publishes to topics where there are some.</summary>
    public bool ToTopics { get; init; }

    /// <summary>The three services: jobs, connections and followers of a professional network.</summary>
    public static IReadOnlyList<EventScript> All { get; } =
    [
        new("job", 0.5,
        [
            new("job.posted", Priority.Medium, ExamplePayloads.JobPosted),
            new("job.application_viewed", Priority.High, ExamplePayloads.ApplicationViewed),
            new("job.recommended", Priority.Low, ExamplePayloads.JobPosted),
        ]),
        new("connections", 0.3,
        [
            new("connection.requested", Priority.High, ExamplePayloads.Connection),
            new("connection.accepted", Priority.Medium, ExamplePayloads.Connection),
        ]),
        new("followers", 0.2,
        [
            new("follower.new", Priority.Medium, ExamplePayloads.Follower),
            new("follower.milestone", Priority.Low, ExamplePayloads.Follower),
        ]) { ToTopics = true },
    ];
}

/// <summary>One type of event.</summary>
/// <param name="Type">Its <c>event_type</c>.</param>
/// <param name="Priority">How urgent it is.</param>
/// <param name="Payload">Makes a payload.</param>
internal sealed record EventKind(string Type, Priority Priority, Func<Random, object> Payload);
