using System.Text.Json;
using System.Text.Json.Serialization;
using Belfry.Cluster;
using Belfry.Dashboard.Measuring;
using Belfry.Mailboxes;

namespace Belfry.Dashboard;

/// <summary>The first thing that a viewer is sent: what this is, and the last minutes.</summary>
/// <param name="SignedIn">Whether the viewer came in with a key, and may want to go.</param>
/// <param name="Series">What each number of a row is, after the time.</param>
/// <param name="Rows">Oldest first; each begins with its time.</param>
internal sealed record HistoryMessage(ServerFacts Server, bool SignedIn, IReadOnlyList<string> Series, IReadOnlyList<double[]> Rows, Present Now);

/// <summary>Every second.</summary>
internal sealed record SampleMessage(double[] Row, Present Now);

/// <summary>What does not change while the process runs.</summary>
/// <param name="StartedAt">In milliseconds since 1970.</param>
/// <param name="MaxConnections">Streams that this instance takes.</param>
internal sealed record ServerFacts(
    string Version, Guid Instance, long StartedAt, string Store, bool Kafka, int MaxConnections, int ChannelCapacity, int Pickers, int Workers, int Processors);

/// <summary>What has no history.</summary>
internal sealed record Present(
    string Health,
    IReadOnlyList<PartHealth> Parts,
    IReadOnlyList<InstanceView> Instances,
    IReadOnlyList<PartitionLag> Lags,
    Answer<QueueState> Queue,
    Answer<StoreSize> Size,
    Answer<StatusShares> Status);

/// <summary>A part's word on whether it can do its work.</summary>
internal sealed record PartHealth(string Name, bool Ready, string? Detail);

/// <summary>An instance beside this one, or this one itself. None with SQLite.</summary>
internal sealed record InstanceView(Guid Id, string Name, string Version, DateTime StartedAt, string State, int Streams, IReadOnlyList<string> Duties)
{
    public static InstanceView Of(Member member) =>
        new(member.Id, member.Name, member.Version, member.StartedAt, member.State, member.Streams, member.Duties);
}

/// <summary>One user's mailbox.</summary>
/// <param name="Newest">The newest notifications, newest first.</param>
/// <param name="Streams">Those that are open on this instance.</param>
internal sealed record MailboxView(
    string User, int Generation, long FloorSeq, long LastSeq, long DeliveredSeq, long StateVersion,
    IReadOnlyList<NotificationView> Newest, IReadOnlyList<StreamView> Streams);

/// <summary>A notification without what it says: that is between the publisher and the user.</summary>
internal sealed record NotificationView(
    long Seq, string EventType, string Priority, string Source, string EventId, DateTime EventTimestamp, DateTime ReceivedAt, int PayloadBytes);

/// <summary>An open stream.</summary>
/// <param name="Written">The seq up to which it has been written.</param>
/// <param name="Live">False: it reads the log, to catch up.</param>
/// <param name="Filtered">It shows only some types, and moves nothing.</param>
internal sealed record StreamView(long Written, bool Live, bool Filtered);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(RoundedNumbers), typeof(Seconds)])]
[JsonSerializable(typeof(HistoryMessage))]
[JsonSerializable(typeof(SampleMessage))]
[JsonSerializable(typeof(MailboxView))]
internal sealed partial class DashboardJson : JsonSerializerContext;

/// <summary>Three digits are enough for a chart; what is not a number is null.</summary>
internal sealed class RoundedNumbers : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(Math.Round(value, 3));
        else writer.WriteNullValue();
    }
}

/// <summary>Spans of time in seconds.</summary>
internal sealed class Seconds : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TimeSpan.FromSeconds(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(Math.Round(value.TotalSeconds, 1));
}
