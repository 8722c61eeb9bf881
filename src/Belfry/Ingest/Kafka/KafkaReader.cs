using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Belfry.Ingest.Kafka;

/// <summary>
/// Reads topics as a member of a group and hands each record to its sink, in the order of its partition. It commits nothing by
/// itself: a partition begins where its sink says, and Kafka is told afterwards what the sink calls done.
/// <para>
/// One thread of its own does everything that touches the client. The group is joined when the sink is ready to say where a
/// partition begins; the client gets each partition with that offset, and its records are handed on (Reading). When another
/// consumer is found to have been in a partition, it stands still while the sink is asked again (Opening), and the client is
/// sent there (Starting). A sink without room is waited for a moment, then its partitions are paused; the client is still polled,
/// so the group does not take this member for dead. Whatever fails ends in a new client; Kafka may be away for as long as it likes.
/// </para>
/// </summary>
internal sealed partial class KafkaReader : IDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RebuildPause = TimeSpan.FromSeconds(1);

    // How long a batch in flight may hold up the group when a partition goes, and the process when it ends.
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(5);

    // How long the process waits for a Kafka that does not answer when it ends: others need the grace time, too.
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(6);

    private readonly ConsumerConfig _config;
    private readonly IReadOnlyList<string> _topics;
    private readonly IRecordSink _sink;
    private readonly KafkaLink _link;
    private readonly KafkaMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    // Any thread.
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<(List<ReaderPartition> Partitions, IReadOnlyDictionary<TopicPartition, long> Starts)> _found = new();
    private readonly ConcurrentQueue<IPartitionSink> _reopen = new();
    private volatile ReaderPartition[] _snapshot = [];

    // The reader's thread alone.
    private readonly Dictionary<TopicPartition, ReaderPartition> _assigned = [];
    private readonly List<Task> _opening = [];
    private IConsumer<byte[], byte[]>? _consumer;

    public KafkaReader(
        ConsumerConfig config, IReadOnlyList<string> topics, IRecordSink sink, KafkaLink link, KafkaMetrics metrics, TimeProvider time,
        ILogger<KafkaReader> log)
    {
        _config = config;
        _topics = topics;
        _sink = sink;
        _link = link;
        _metrics = metrics;
        _time = time;
        _log = log;
        metrics.Watch(() => _snapshot.Select(p => p.Position));
    }

    private IConsumer<byte[], byte[]> Consumer => _consumer ?? throw new InvalidOperationException("There is no client.");

    public void Start() => new Thread(Run) { IsBackground = true, Name = "kafka-reader" }.Start();

    /// <summary>Begins the end: nothing more is read, what was taken is waited for, then the group is left. Any thread.</summary>
    public void BeginStop() => _stop.Cancel();

    /// <summary>Completes when the group has been left, or when there is no more time for it.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        await _stop.CancelAsync();
        try
        {
            await _ended.Task.WaitAsync(LeavePatience, _time, ct);
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && ct.IsCancellationRequested))
        {
            // What was stored is stored. The group gives the partitions to others when it misses this member.
            Log.NotLeft(_log);
        }
    }

    /// <summary>Another consumer was in the partition: begin again where the sink now says. Any thread.</summary>
    public void Reopen(IPartitionSink sink) => _reopen.Enqueue(sink);

    /// <summary>After the end only; a thread that did not end in time still needs what it has.</summary>
    public void Dispose()
    {
        if (_ended.Task.IsCompleted) _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                try
                {
                    _sink.WhenReadyAsync(_stop.Token).Wait(_stop.Token);
                    RunClient();
                }
                catch (OperationCanceledException) when (_stop.IsCancellationRequested)
                {
                    // Stopped before there was anything to leave.
                }
                catch (Exception e) when (!_stop.IsCancellationRequested)
                {
                    Log.Failed(_log, e);
                    _link.Down(e.Message);
                    _stop.Token.WaitHandle.WaitOne(RebuildPause);
                }
                finally
                {
                    Forget([.. _assigned.Values]);
                }
            }

            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
        }
    }

    private void RunClient()
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(_config)
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, message) => OnLog(message))
            .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions))
            .SetPartitionsLostHandler((_, partitions) => OnLost(partitions))
            .Build();
        _consumer = consumer;
        try
        {
            consumer.Subscribe(_topics);
            _notAssigned = null;
            while (!_stop.IsCancellationRequested && _notAssigned is null)
            {
                if (Poll() is { } record) Take(record);
                ServePartitions();
                Tick();
            }

            Drain([.. _assigned.Values]);
            consumer.Close();
            if (_notAssigned is { } reason && !_stop.IsCancellationRequested) throw new InvalidOperationException("Where to begin could not be found out.", reason);
        }
        finally
        {
            _consumer = null;
        }
    }

    private ConsumeResult<byte[], byte[]>? Poll()
    {
        try
        {
            return Consumer.Consume(PollTimeout);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal && e.Error.Code != ErrorCode.Local_Application)
        {
            if (e.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.Local_LogTruncation or ErrorCode.OffsetOutOfRange)
            {
                BeginAtOldest(e.ConsumerRecord.TopicPartition, e.Error.Reason);
            }
            else
            {
                Log.NotRead(_log, e.Error.Reason);
            }

            return null;
        }
    }

    private void Take(ConsumeResult<byte[], byte[]> record)
    {
        // A partition that is not being read yet gives what the client happened to fetch: reading begins elsewhere.
        if (!_assigned.TryGetValue(record.TopicPartition, out var partition) || partition.Phase != PartitionPhase.Reading) return;

        partition.Held.Enqueue(record);
        if (partition.Held.Count == 1 && !TryHandOn(partition)) WaitForRoom(partition);
    }

    /// <summary>Offers what is held back; true when all of it was taken.</summary>
    private static bool TryHandOn(ReaderPartition partition)
    {
        while (partition.Held.TryPeek(out var record))
        {
            if (!partition.Sink.TryTake(record)) return false;
            partition.Held.Dequeue();
        }

        return true;
    }

    /// <summary>
    /// Waits a moment: a store that works makes room within milliseconds, and pausing throws away what the client has fetched
    /// ahead. Partitions that fill up together are waited for once.
    /// </summary>
    private void WaitForRoom(ReaderPartition partition)
    {
        var room = partition.Sink.Room;
        if (_assigned.Values.All(p => p.Waited != room) && WaitFor(room, TimeSpan.FromMilliseconds(200)) && TryHandOn(partition)) return;

        partition.Waited = room;
        _waiting = true;
        Pause([partition]);
    }

    private bool WaitFor(Task task, TimeSpan atMost)
    {
        try
        {
            return task.Wait((int)atMost.TotalMilliseconds, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What was taken of these partitions is done, or the patience is at its end; then they are not ours any more.</summary>
    private void Drain(IReadOnlyList<ReaderPartition> partitions)
    {
        var drained = Task.WhenAll(partitions.Select(p => p.Sink.DrainAsync()));
        if (!drained.Wait(DrainPatience)) Log.NotDrained(_log, DrainPatience.TotalSeconds);
        foreach (var partition in partitions) TellDone(partition);
        Forget(partitions);
    }

    private void Forget(IReadOnlyList<ReaderPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            // The client keeps a pause over the group's next assignment, in which nobody would know of it.
            if (_consumer is not null && partition.Paused) ResumeLeaving(partition);
            partition.Sink.Lose();
            _assigned.Remove(partition.Partition);
        }

        _snapshot = [.. _assigned.Values];
    }
}
