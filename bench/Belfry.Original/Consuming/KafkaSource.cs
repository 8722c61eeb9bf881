using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Original.Consuming;

/// <summary>Where events are read from; the names are those of Belfry's own settings.</summary>
[SettingsSection("Belfry:Kafka")]
internal sealed class KafkaSource
{
    [Description("The topics that are consumed.")]
    [MinLength(1)]
    public IReadOnlyList<string> Topics { get; set; } = ["notification-events"];

    [Description("The consumer group that keeps the offsets.")]
    public string GroupId { get; set; } = "notification-consumer";

    [Description("Any property of the Kafka client, by its own name; underscores may stand for the dots.")]
    public IReadOnlyDictionary<string, string> Properties { get; set; } = new Dictionary<string, string>();
}
