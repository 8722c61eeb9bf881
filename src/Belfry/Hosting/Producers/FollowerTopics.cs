namespace Belfry.Hosting.Producers;

/// <summary>
/// The topics of the followers service: <c>followers-of-0</c> and so on, each with a handful of users. One event to a topic is a
/// task that makes as many notifications.
/// </summary>
internal sealed record FollowerTopics(UserRange Users)
{
    /// <summary>Users in a topic, but for the last one, which may have fewer.</summary>
    public const int Members = 5;

    /// <summary>Making the topics must not keep the start waiting.</summary>
    private const int MaxTopics = 1000;

    public int Count => Math.Min(MaxTopics, (Users.Count + Members - 1) / Members);

    public string Pick(Random random) => NameOf(random.Next(Count));

    /// <summary>Each topic with its members.</summary>
    public IEnumerable<(string Topic, IReadOnlyList<string> Users)> List()
    {
        for (var topic = 0; topic < Count; topic++)
        {
            var first = topic * Members;
            yield return (NameOf(topic), [.. Enumerable.Range(first, Math.Min(Members, Users.Count - first)).Select(Users.NameOf)]);
        }
    }

    private static string NameOf(int topic) => $"followers-of-{topic}";
}
