using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>The partitions' way from assignment to reading, and back. On the reader's thread; the client calls the handlers from within a poll.</summary>
internal sealed partial class KafkaReader
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartAgain = TimeSpan.FromMilliseconds(100);

    private long _startTried;

    // Why an assignment could not be taken; the client is then given up.
    private Exception? _notAssigned;

    // Whether a partition waits for something: nearly never, and then a record costs no look at every partition.
    private bool _waiting;

    /// <summary>
    /// The client is given the very offset to begin at, and waits here until it is known. To send it elsewhere first and seek
    /// later would lose records: an answer about the first place (the end, say) may arrive after the seek, and wins.
    /// </summary>
    private IEnumerable<TopicPartitionOffset> OnAssigned(List<TopicPartition> partitions)
    {
        Log.Assigned(_log, string.Join(", ", partitions));
        _metrics.Rebalanced("assigned", partitions.Count);
        _link.Up();
        if (partitions.Count == 0) return [];

        var opened = Open(partitions);
        try
        {
            FindStarts(opened);
        }
        catch (Exception e)
        {
            // Thrown through the client's callback, or answered with fewer partitions, it would leave the rebalance unfinished, and
            // closing the client would wait for its end. So they are taken, nothing of them is read, and the client is closed.
            _notAssigned = e;
            Forget(opened);
            return partitions.Select(p => new TopicPartitionOffset(p, Offset.End));
        }

        foreach (var partition in opened) BeginReading(partition);
        return opened.Select(p => new TopicPartitionOffset(p.Partition, p.Start!.Value));
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

    private List<ReaderPartition> Open(IEnumerable<TopicPartition> partitions)
    {
        var opened = partitions.Select(p => new ReaderPartition(_sink.Open(p))).ToList();
        foreach (var partition in opened)
        {
            if (_assigned.Remove(partition.Partition, out var before)) before.Sink.Lose();
            _assigned.Add(partition.Partition, partition);
        }

        _snapshot = [.. _assigned.Values];
        return opened;
    }

    /// <summary>Holds up the group for a moment at most: a sink that does not answer is waited for outside the group.</summary>
    private void FindStarts(List<ReaderPartition> partitions)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                patience.CancelAfter(AskTimeout);
                SetStarts(partitions, _sink.FindStartsAsync(partitions.ConvertAll(p => p.Sink), patience.Token).WaitAsync(patience.Token).GetAwaiter().GetResult());
                FindCommitted(partitions.FindAll(p => p.Start is null));
                return;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested && _time.GetElapsedTime(began) < StartPatience)
            {
                Log.StartUnknown(_log, partitions.Count, e.Message);
                _stop.Token.WaitHandle.WaitOne(AskAgain);
            }
        }
    }

    private static void SetStarts(List<ReaderPartition> partitions, IReadOnlyDictionary<TopicPartition, long> starts)
    {
        foreach (var partition in partitions)
        {
            if (starts.TryGetValue(partition.Partition, out var start)) partition.Start = new Offset(start);
        }
    }

    private void BeginReading(ReaderPartition partition)
    {
        partition.Phase = PartitionPhase.Reading;
        if (!partition.Start!.Value.IsSpecial) partition.Floor = partition.Start.Value;
        Log.Reading(_log, partition.Partition.ToString(), partition.Start.Value.ToString());
    }

    /// <summary>Another consumer was in a partition that is ours: it stands still until the sink says where to go on.</summary>
    private void OpenAgain(TopicPartition fenced)
    {
        var opened = Open([fenced]);
        Pause(opened);
        _waiting = true;
        _opening.RemoveAll(task => task.IsCompleted);
        _opening.Add(FindStartsAsync(opened));
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
            if (_assigned.TryGetValue(sink.Partition, out var fenced) && fenced.Sink == sink) OpenAgain(sink.Partition);
        }

        while (_found.TryDequeue(out var answer))
        {
            SetStarts(answer.Partitions, answer.Starts);
            foreach (var partition in answer.Partitions) partition.Phase = PartitionPhase.Starting;
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
            FindCommitted(starting.FindAll(p => p.Start is null));
            foreach (var partition in starting)
            {
                Consumer.Seek(new TopicPartitionOffset(partition.Partition, partition.Start!.Value));
                BeginReading(partition);
                Resume(partition);
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
            // A group that rebalances the eager way takes whole assignments only.
            var paused = _snapshot.Where(p => p.Paused && p != partition).ToList();
            Consumer.Assign(_snapshot.Select(p => new TopicPartitionOffset(p.Partition, p == partition ? start : PlaceOf(p))));
            foreach (var each in _snapshot) each.Paused = false;
            Pause(paused);
        }

        Offset PlaceOf(ReaderPartition other)
        {
            var position = Consumer.Position(other.Partition);
            return position.IsSpecial ? other.Start ?? Offset.Beginning : position;
        }
    }

    private void Pause(IEnumerable<ReaderPartition> partitions)
    {
        var pausing = partitions.ToList();
        if (pausing.Count == 0) return;
        Consumer.Pause(pausing.Select(p => p.Partition));
        foreach (var partition in pausing) partition.Paused = true;
    }

    private void ResumeLeaving(ReaderPartition partition)
    {
        try
        {
            Resume(partition);
        }
        catch (KafkaException e)
        {
            // The client has given it up already.
            Log.NotResumed(_log, partition.Partition.ToString(), e.Error.Reason);
        }
    }

    private void Resume(ReaderPartition partition)
    {
        if (!partition.Paused) return;
        Consumer.Resume([partition.Partition]);
        partition.Paused = false;
    }
}
