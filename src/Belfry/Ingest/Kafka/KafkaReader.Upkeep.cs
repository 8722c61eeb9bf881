using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>What the reader does from time to time, and what it says.</summary>
internal sealed partial class KafkaReader
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TopicInterval = TimeSpan.FromMinutes(1);

    private long _ticked;
    private long _topicSeen;

    /// <summary>Once a second: tells Kafka what is done, looks at the ends of the partitions, and whether Kafka is there.</summary>
    private void Tick()
    {
        if (_ticked != 0 && _time.GetElapsedTime(_ticked) < TickInterval) return;
        _ticked = _time.GetTimestamp();
        foreach (var partition in _snapshot)
        {
            TellDone(partition);
            LookAtEnd(partition);
        }

        if (!_link.IsUp || _topicSeen == 0 || _time.GetElapsedTime(_topicSeen) >= TopicInterval) LookAtTopic();
    }

    /// <summary>The client sends it along soon; nothing here depends on it.</summary>
    private void TellDone(ReaderPartition partition)
    {
        if (_consumer is null || partition.Sink.Done is not { } done || done == partition.Committed) return;
        try
        {
            _consumer.StoreOffset(new TopicPartitionOffset(partition.Partition, done));
            partition.Committed = done;
        }
        catch (KafkaException e)
        {
            Log.NotTold(_log, partition.Partition.ToString(), e.Error.Reason);
        }
    }

    private void LookAtEnd(ReaderPartition partition)
    {
        try
        {
            // A partition that is not fetched learns of its end only by asking.
            var watermarks = partition.Paused && _link.IsUp
                ? Consumer.QueryWatermarkOffsets(partition.Partition, AskTimeout)
                : Consumer.GetWatermarkOffsets(partition.Partition);
            if (!watermarks.High.IsSpecial) partition.High = watermarks.High;
            if (!watermarks.Low.IsSpecial) partition.Floor = watermarks.Low;
        }
        catch (KafkaException e)
        {
            Log.NoEnd(_log, partition.Partition.ToString(), e.Error.Reason);
        }
    }

    private void LookAtTopic()
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(Consumer.Handle).Build();
            var topic = admin.GetMetadata(_topics[0], AskTimeout).Topics.Single();
            _link.Up();
            _topicSeen = _time.GetTimestamp();
            if (topic.Partitions.Count > 0) _sink.SawTopic(topic.Topic, topic.Partitions.Count);
        }
        catch (KafkaException e)
        {
            _link.Down(e.Error.Reason);
        }
    }

    private void OnError(Error error)
    {
        if (error.Code == ErrorCode.Local_AllBrokersDown || error.IsFatal) _link.Down(error.Reason);
        else Log.Trouble(_log, error.Reason);
    }

    private void OnLog(LogMessage message)
    {
        // Properties that are for the producer only are given to both.
        if (message.Facility == "CONFWARN") return;
        Log.Client(_log, message.Level <= SyslogLevel.Warning ? LogLevel.Warning : LogLevel.Debug, message.Facility, message.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Assigned: {Partitions}")]
        public static partial void Assigned(ILogger logger, string partitions);

        [LoggerMessage(2, LogLevel.Information, "Revoked: {Partitions}")]
        public static partial void Revoked(ILogger logger, string partitions);

        [LoggerMessage(3, LogLevel.Warning, "Lost, because the group took this member for dead: {Partitions}")]
        public static partial void Lost(ILogger logger, string partitions);

        [LoggerMessage(4, LogLevel.Information, "Reading {Partition} from {Offset}")]
        public static partial void Reading(ILogger logger, string partition, string offset);

        [LoggerMessage(5, LogLevel.Warning, "Where to begin in {Count} partitions is not known yet, and asked again: {Reason}")]
        public static partial void StartUnknown(ILogger logger, int count, string reason);

        [LoggerMessage(6, LogLevel.Debug, "The client could not be sent to where reading begins, and is told again: {Reason}")]
        public static partial void NotStarted(ILogger logger, string reason);

        [LoggerMessage(7, LogLevel.Error,
            "POSITION LOST: {Partition} stood at {Stored}, which is not in Kafka any more. Reading begins at the oldest record; what is stored already is "
            + "recognised by its id. Records may have been removed before they were read: {Reason}")]
        public static partial void OutOfRange(ILogger logger, string partition, long? stored, string reason);

        [LoggerMessage(8, LogLevel.Warning, "What was read could not be stored within {Seconds} s; the partitions' next consumer reads it again")]
        public static partial void NotDrained(ILogger logger, double seconds);

        [LoggerMessage(9, LogLevel.Warning, "Reading from Kafka: {Reason}")]
        public static partial void NotRead(ILogger logger, string reason);

        [LoggerMessage(10, LogLevel.Error, "The Kafka client failed, and is made anew")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(11, LogLevel.Debug, "Kafka could not be told what is done in {Partition}: {Reason}")]
        public static partial void NotTold(ILogger logger, string partition, string reason);

        [LoggerMessage(12, LogLevel.Debug, "The end of {Partition} is not known: {Reason}")]
        public static partial void NoEnd(ILogger logger, string partition, string reason);

        [LoggerMessage(15, LogLevel.Debug, "{Partition} could not be resumed before it went: {Reason}")]
        public static partial void NotResumed(ILogger logger, string partition, string reason);

        [LoggerMessage(16, LogLevel.Warning, "Kafka did not answer in time, and the group was not left: it notices by itself that this member is gone")]
        public static partial void NotLeft(ILogger logger);

        [LoggerMessage(13, LogLevel.Debug, "Kafka: {Reason}")]
        public static partial void Trouble(ILogger logger, string reason);

        [LoggerMessage(EventId = 14, Message = "Kafka client, {Facility}: {Text}")]
        public static partial void Client(ILogger logger, LogLevel level, string facility, string text);
    }
}
