using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>The partitions' way from assignment to reading, and back. On the reader's thread; the client calls the handlers from within a poll.</summary>
internal sealed partial class KafkaReader
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StartAgain = TimeSpan.FromMilliseconds(100);

    private long _startTried;

    // Whether a partition waits for something: nearly never, and then a record costs no look at every partition.
    private bool _waiting;

    /// <summary>Where they begin is not known yet: until then the end is as good a place as any, because nothing is fetched there.</summary>
    private IEnumerable<TopicPartitionOffset> OnAssigned(List<TopicPartition> partitions)
    {
        Log.Assigned(_log, string.Join(", ", partitions));
        _metrics.Rebalanced("assigned", partitions.Count);
        _link.Up();
        Open(partitions);
        return partitions.Select(p => new TopicPartitionOffset(p, Offset.End));
    }

    private void OnRevoked(List<TopicPartitionOffset> partitions)
    {
        Log.Revoked(_log, string.Join(", ", partitions.Select(p => p.TopicPartition)));
        _metrics.Rebalanced("revoked", partitions.Count);
        Drain(Known(partitions));
    }

    private void OnLost(List<TopicPartitionOffset> partitions)
    {
        Log.Lost(_log, string.Join(", ", partitions.Select(p => p.TopicPartition)));
        _metrics.Rebalanced("lost", partitions.Count);
        Forget(Known(partitions));
    }

    private List<ReaderPartition> Known(List<TopicPartitionOffset> partitions) =>
        [.. partitions.Select(p => _assigned.GetValueOrDefault(p.TopicPartition)).OfType<ReaderPartition>()];

    private void Open(IReadOnlyList<TopicPartition> partitions)
    {
        var opened = partitions.Select(p => new ReaderPartition(_sink.Open(p))).ToList();
        foreach (var partition in opened)
        {
            if (_assigned.Remove(partition.Partition, out var before)) before.Sink.Lose();
            _assigned.Add(partition.Partition, partition);
        }

        _waiting = true;
        _snapshot = [.. _assigned.Values];
        _opening.RemoveAll(task => task.IsCompleted);
        if (opened.Count > 0) _opening.Add(FindStartsAsync(opened));
    }

    private async Task FindStartsAsync(List<ReaderPartition> partitions)
    {
        var sinks = partitions.ConvertAll(p => p.Sink);
        for (var failed = false; !_stop.IsCancellationRequested; failed = true)
        {
            try
            {
                _found.Enqueue((partitions, await _sink.FindStartsAsync(sinks, _stop.Token)));
                return;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                if (!failed) Log.StartUnknown(_log, partitions.Count, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(AskAgain, _time, CancellationToken.None);
        }
    }

    /// <summary>Everything that partitions wait for: to stand still, a place to begin, the client to go there, room.</summary>
    private void ServePartitions()
    {
        if (!_waiting && _reopen.IsEmpty) return;
        while (_reopen.TryDequeue(out var sink))
        {
            if (_assigned.TryGetValue(sink.Partition, out var fenced) && fenced.Sink == sink) Open([sink.Partition]);
        }

        Pause(_snapshot.Where(p => p is { Phase: PartitionPhase.Opening, Paused: false }));
        while (_found.TryDequeue(out var answer))
        {
            foreach (var partition in answer.Partitions)
            {
                partition.Phase = PartitionPhase.Starting;
                if (answer.Starts.TryGetValue(partition.Partition, out var start)) partition.Start = new Offset(start);
            }
        }

        StartReading();
        foreach (var partition in _snapshot)
        {
            if (partition.Held.Count > 0 && partition.Sink.HasRoom && TryHandOn(partition))
            {
                partition.Waited = null;
                Resume(partition);
            }
        }

        _waiting = _snapshot.Any(p => p.Phase != PartitionPhase.Reading || p.Held.Count > 0);
    }

    private void StartReading()
    {
        var starting = _snapshot.Where(p => p.Phase == PartitionPhase.Starting).ToList();
        if (starting.Count == 0 || (_startTried != 0 && _time.GetElapsedTime(_startTried) < StartAgain)) return;
        _startTried = 0;
        try
        {
            FindCommitted([.. starting.Where(p => p.Start is null)]);
            foreach (var partition in starting)
            {
                Consumer.Seek(new TopicPartitionOffset(partition.Partition, partition.Start!.Value));
                partition.Phase = PartitionPhase.Reading;
                if (!partition.Start.Value.IsSpecial) partition.Floor = partition.Start.Value;
                Resume(partition);
                Log.Reading(_log, partition.Partition.ToString(), partition.Start.Value.ToString());
            }
        }
        catch (KafkaException e)
        {
            // The client has not got there yet, or Kafka does not answer.
            _startTried = _time.GetTimestamp();
            Log.NotStarted(_log, e.Error.Reason);
        }
    }

    /// <summary>Partitions that the sink has never seen begin where the group was in Kafka, else at the oldest record.</summary>
    private void FindCommitted(List<ReaderPartition> partitions)
    {
        if (partitions.Count == 0) return;
        foreach (var committed in Consumer.Committed(partitions.Select(p => p.Partition), AskTimeout))
        {
            var partition = partitions.Find(p => p.Partition == committed.TopicPartition);
            if (partition is not null) partition.Start = committed.Offset.IsSpecial ? Offset.Beginning : committed.Offset;
        }
    }

    /// <summary>The position is not in Kafka: the topic was made anew, or records were removed before they were read.</summary>
    private void BeginAtOldest(TopicPartition topicPartition, string reason)
    {
        if (!_assigned.TryGetValue(topicPartition, out var partition) || partition.Phase != PartitionPhase.Reading) return;

        Log.OutOfRange(_log, topicPartition.ToString(), partition.Sink.Done, reason);
        _metrics.OffsetReset(topicPartition.Topic);
        partition.Start = Offset.Beginning;
        AssignAgain(partition, Offset.Beginning);
    }

    /// <summary>The client has given the partition up and cannot be sent anywhere in it: it takes it as if it had just been assigned.</summary>
    private void AssignAgain(ReaderPartition partition, Offset start)
    {
        try
        {
            Consumer.IncrementalUnassign([partition.Partition]);
            Consumer.IncrementalAssign([new TopicPartitionOffset(partition.Partition, start)]);
            partition.Paused = false;
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            // A group that rebalances the eager way takes whole assignments only. What is not read yet stands still at its end.
            var paused = _snapshot.Where(p => p.Paused && p != partition).ToList();
            Consumer.Assign(_snapshot.Select(p => new TopicPartitionOffset(p.Partition, p == partition ? start : PlaceOf(p))));
            foreach (var each in _snapshot) each.Paused = false;
            Pause(paused);
        }

        Offset PlaceOf(ReaderPartition other)
        {
            if (other.Phase != PartitionPhase.Reading) return Offset.End;
            var position = Consumer.Position(other.Partition);
            return position.IsSpecial ? other.Start!.Value : position;
        }
    }

    private void Pause(IEnumerable<ReaderPartition> partitions)
    {
        var pausing = partitions.ToList();
        if (pausing.Count == 0) return;
        Consumer.Pause(pausing.Select(p => p.Partition));
        foreach (var partition in pausing) partition.Paused = true;
    }

    private void Resume(ReaderPartition partition)
    {
        if (!partition.Paused) return;
        Consumer.Resume([partition.Partition]);
        partition.Paused = false;
    }
}
