using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Ingest.Kafka;

/// <summary>What is consumed from Kafka, and how. Without <c>ConnectionStrings:Kafka</c> nothing is.</summary>
[SettingsSection("Belfry:Kafka")]
internal sealed class KafkaOptions : IValidatableObject
{
    [Description("The topics with events. Users who publish by HTTP share the lane of their partition in the first one.")]
    public List<string> Topics { get; set; } = ["notification-events"];

    [Description("Topics whose events are stored before those of all others.")]
    public List<string> HighTopics { get; set; } = [];

    [Description("The consumer group. Its positions are kept in the store: another name begins anew.")]
    [Required]
    [StringLength(200)]
    public string GroupId { get; set; } = "notification-consumer";

    [Description("Where records that could not be read are copied to, with the reason. Empty: they are kept in the store only.")]
    public string DeadLetterTopic { get; set; } = "notification-events.dlq";

    /// <summary>Positions of equally named topics of two clusters must not be taken for each other.</summary>
    [Description("The name under which positions in this Kafka cluster are kept in the store.")]
    [Required]
    [StringLength(200)]
    public string Cluster { get; set; } = "default";

    [Description("Further properties of the Kafka client (librdkafka), as Properties__security_protocol=SASL_SSL: underscores stand for dots.")]
    public Dictionary<string, string> Properties { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var topics = Topics.Concat(HighTopics).ToList();
        if (topics.Count == 0) yield return new ValidationResult("names no topic", [nameof(Topics)]);
        if (topics.Distinct(StringComparer.Ordinal).Count() < topics.Count)
        {
            yield return new ValidationResult("names a topic twice, here or in HighTopics", [nameof(Topics)]);
        }

        foreach (var topic in topics.Append(DeadLetterTopic).Where(t => t.Length > 0 && !IsTopicName(t)))
        {
            yield return new ValidationResult($"'{topic}' is no name for a topic: 1 to 249 of a-z, A-Z, 0-9, '.', '_', '-'", [nameof(Topics)]);
        }

        if (topics.Contains(DeadLetterTopic)) yield return new ValidationResult("is among the topics that are read", [nameof(DeadLetterTopic)]);
        foreach (var wrong in KafkaClients.FindErrors(this)) yield return new ValidationResult(wrong, [nameof(Properties)]);
    }

    private static bool IsTopicName(string topic) =>
        topic.Length is >= 1 and <= 249 && topic is not ("." or "..") && topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
