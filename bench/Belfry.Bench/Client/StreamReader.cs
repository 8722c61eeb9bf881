using System.Text;
using Belfry.Bench.Checker;
using Belfry.Bench.Measuring;

namespace Belfry.Bench.Client;

/// <summary>
/// Reads streams and hands each notification to its user's receipts and to the measurement. Its loop's thread alone uses it.
/// </summary>
/// <param name="users">Whose streams these are.</param>
/// <param name="keepsEventIds">Whether the pipeline hands on the ids that events were published with; if so they are checked.</param>
internal sealed class StreamReader(UserSet users, bool keepsEventIds)
{
    private const int BufferBytes = 512 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private List<Absence> _absences = [];

    public LoopCounts Counts { get; } = new();

    /// <summary>What was received and should not have been, or not then.</summary>
    public Findings Findings { get; } = new();

    /// <summary>What deliveries are recorded in; null: nothing is measured now.</summary>
    public Recorder? Recorder { get; set; }

    /// <summary>What the last refusal told to wait.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Statuses other than 200, with how often they came.</summary>
    public Dictionary<int, int> Refusals { get; } = [];

    /// <summary>Reads once: what is left is told again by epoll.</summary>
    public ReadResult Read(StreamConnection connection)
    {
        var carried = connection.TakeCarry(_buffer);
        var received = connection.Socket.Receive(_buffer.AsSpan(carried));
        if (received < 0)
        {
            connection.Keep(_buffer.AsSpan(0, carried));
            return received == -1 ? ReadResult.More : ReadResult.Ended;
        }

        if (received == 0) return ReadResult.Ended;
        Counts.BytesIn += received;
        var now = connection.HeardMicros = BenchClock.Micros;
        return connection.State == ConnectionState.AwaitingHead
            ? ReadHead(connection, carried + received, now)
            : ReadBody(connection, 0, carried, received, now);
    }

    /// <summary>Each time since the last call that a stream was away and came back.</summary>
    public List<Absence> TakeAbsences()
    {
        var absences = _absences;
        _absences = [];
        return absences;
    }

    public void Closed(StreamConnection connection)
    {
        if (connection.State != ConnectionState.Open) return;
        Counts.Active--;
        if (connection.IsCaughtUp) Counts.CaughtUp--;
    }

    private ReadResult ReadHead(StreamConnection connection, int length, long now)
    {
        if (!ResponseHead.TryRead(_buffer.AsSpan(0, length), out var head))
        {
            connection.Keep(_buffer.AsSpan(0, length));
            return ReadResult.More;
        }

        RetryAfter = head.RetryAfter;
        if (head.Status != 200)
        {
            Refusals[head.Status] = Refusals.GetValueOrDefault(head.Status) + 1;
            return ReadResult.Refused;
        }

        connection.State = ConnectionState.Open;
        connection.IsChunked = head.IsChunked;
        Counts.Active++;
        if (connection.WasOpen) Counts.Reconnects++;
        connection.WasOpen = true;
        if (connection.LostMicros > 0)
        {
            Counts.LongestAwayMicros = Math.Max(Counts.LongestAwayMicros, now - connection.LostMicros);
            _absences.Add(new Absence(connection.LostMicros, now));
        }

        connection.LostMicros = 0;
        Recorder?.Opened(now - connection.BegunMicros);
        return ReadBody(connection, head.Length, 0, length - head.Length, now);
    }

    /// <param name="start">Where in the buffer the carried bytes begin, which the fresh ones follow.</param>
    private ReadResult ReadBody(StreamConnection connection, int start, int carried, int fresh, long now)
    {
        var length = connection.IsChunked ? connection.Chunks.Decode(_buffer.AsSpan(start + carried, fresh)) : fresh;
        ReadOnlySpan<byte> content = _buffer.AsSpan(start, carried + length);
        while (SseBlock.TryTake(ref content, out var block)) Take(connection, block, now);
        connection.Keep(content);
        return connection.Chunks.HasEnded ? ReadResult.Ended : ReadResult.More;
    }

    private void Take(StreamConnection connection, SseBlock block, long now)
    {
        if (!block.Retry.IsEmpty) connection.SetRetry(block.Retry);
        var cursor = block.Id.IsEmpty ? -1 : connection.MoveCursor(block.Id);
        if (block.Name.SequenceEqual("notification"u8)) TakeNotification(connection, block, cursor, now);
        else if (cursor >= 0) connection.Receipts.MoveTo(cursor);

        if (block.Name.SequenceEqual("caught-up"u8) && !connection.IsCaughtUp)
        {
            connection.IsCaughtUp = true;
            Counts.CaughtUp++;
        }
        else if (block.Name.SequenceEqual("reset"u8)) TakeReset(connection, block, cursor);
        else if (block.Name.SequenceEqual("bye"u8)) Counts.Byes++;
    }

    /// <summary>No history is lost in a run, and nothing is so old: no cursor can have become invalid.</summary>
    private void TakeReset(StreamConnection connection, SseBlock block, long cursor)
    {
        Counts.Resets++;
        Findings.Add(new Finding(FindingKind.Reset, connection.User) { Seq = cursor, Detail = Encoding.UTF8.GetString(block.Data) });
    }

    private void TakeNotification(StreamConnection connection, SseBlock block, long cursor, long now)
    {
        if (!Received.TryRead(block.Data, out var received))
        {
            Findings.Add(new Finding(FindingKind.Foreign, connection.User) { Seq = cursor, Detail = "not an event of this run" });
            return;
        }

        if (!keepsEventIds) received.EventId = default;
        if (!connection.Receipts.Take(received, users, Findings)) return;
        Counts.Deliveries++;
        Recorder?.Delivered(connection, received.IntendedMicros, now);
    }
}

/// <summary>From the cut of a stream to the head of the next answer.</summary>
internal readonly record struct Absence(long BeginMicros, long EndMicros);

internal enum ReadResult
{
    More,
    Refused,
    Ended,
}
