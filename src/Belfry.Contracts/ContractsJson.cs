using System.Text.Json.Serialization;

namespace Belfry.Contracts;

/// <summary>How everything in this assembly is written as JSON: snake_case, absent instead of null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Notification))]
[JsonSerializable(typeof(CaughtUp))]
[JsonSerializable(typeof(Reset))]
[JsonSerializable(typeof(StreamAck))]
[JsonSerializable(typeof(StreamPage))]
[JsonSerializable(typeof(Bye))]
[JsonSerializable(typeof(StateChanged))]
[JsonSerializable(typeof(InboxCounts))]
[JsonSerializable(typeof(InboxMark))]
[JsonSerializable(typeof(InboxMarked))]
[JsonSerializable(typeof(UserErased))]
[JsonSerializable(typeof(Preferences))]
[JsonSerializable(typeof(PublishEvent))]
[JsonSerializable(typeof(List<PublishEvent>))]
[JsonSerializable(typeof(PublishAnswer))]
[JsonSerializable(typeof(TopicChange))]
[JsonSerializable(typeof(TopicChanged))]
[JsonSerializable(typeof(TopicMembers))]
[JsonSerializable(typeof(DeadLetter))]
[JsonSerializable(typeof(List<DeadLetter>))]
[JsonSerializable(typeof(DeadLetterPage))]
[JsonSerializable(typeof(DeadLetterIds))]
[JsonSerializable(typeof(DeadLetterAnswer))]
[JsonSerializable(typeof(EventTrace))]
[JsonSerializable(typeof(InstanceList))]
[JsonSerializable(typeof(UserPresence))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ContractsJson : JsonSerializerContext;
