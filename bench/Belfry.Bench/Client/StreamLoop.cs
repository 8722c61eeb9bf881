using System.Collections.Concurrent;

namespace Belfry.Bench.Client;

/// <summary>
/// One thread that keeps many streams: connects them, reads whatever is there into one buffer, and connects again what was
/// cut, after the time that the server asked for. Orders from other threads run between two rounds.
/// </summary>
internal sealed class StreamLoop : IDisposable
{
    // Below the backlog of a listening socket: a SYN that is dropped costs a second.
    private const int MaxConnecting = 256;

    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan SilenceInterval = TimeSpan.FromMilliseconds(250);

    private readonly StreamTarget _target;
    private readonly TimeSpan? _silence;
    private readonly Random _random = new();
    private readonly StreamReader _reader;
    private readonly Epoll _epoll = new();
    private readonly Dictionary<int, StreamConnection> _connections = [];
    private readonly Queue<StreamConnection> _toConnect = [];
    private readonly PriorityQueue<StreamConnection, long> _toRetry = new();
    private readonly ConcurrentQueue<Action> _orders = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connecting;
    private long _lookForSilenceAt;
    private bool _stop;

    /// <param name="silence">After how long without a byte a stream is given up; null: never.</param>
    public StreamLoop(string name, StreamTarget target, UserSet users, bool keepsEventIds, TimeSpan? silence = null)
    {
        _target = target;
        _silence = silence;
        _reader = new StreamReader(users, keepsEventIds);
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    public LoopCounts Counts => _reader.Counts;

    /// <summary>Ends, in failure, when the loop's thread has failed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Begins to connect new streams.</summary>
    public void Open(IReadOnlyList<StreamConnection> connections) => _orders.Enqueue(() =>
    {
        foreach (var connection in connections)
        {
            _connections.Add(connection.Index, connection);
            Enqueue(connection);
        }
    });

    /// <summary>Ends a stream, if it is open, and comes back with its cursor after a while.</summary>
    public void Leave(int connection, TimeSpan away) => _orders.Enqueue(() =>
    {
        if (!_connections.TryGetValue(connection, out var leaving) || leaving.State != ConnectionState.Open) return;
        Retry(leaving, away);
        leaving.LostMicros = BenchClock.Micros + BenchClock.Of(away);
    });

    /// <summary>Runs something in the loop's thread.</summary>
    public async Task<T> InvokeAsync<T>(Func<StreamReader, T> order)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _orders.Enqueue(() => done.SetResult(order(_reader)));
        await Task.WhenAny(done.Task, Ended);
        if (Ended.IsFaulted) await Ended;
        return await done.Task;
    }

    public async Task StopAsync()
    {
        _orders.Enqueue(() => _stop = true);
        await Ended;
    }

    public void Dispose() => _epoll.Dispose();

    private void Run()
    {
        try
        {
            while (!_stop)
            {
                while (_orders.TryDequeue(out var order)) order();
                StartDue();
                var count = _epoll.Wait(Round);
                for (var i = 0; i < count; i++) Handle(_connections[_epoll.TokenAt(i)]);
            }

            foreach (var connection in _connections.Values) Close(connection);
            _ended.SetResult();
        }
        catch (Exception e)
        {
            _ended.SetException(e);
        }
    }

    private void StartDue()
    {
        var now = BenchClock.Micros;
        while (_toRetry.TryPeek(out var connection, out var due) && due <= now)
        {
            _toRetry.Dequeue();
            Enqueue(connection);
        }

        if (_silence is { } silence && now >= _lookForSilenceAt) GiveUpSilent(now, silence);
        while (_connecting < MaxConnecting && _toConnect.TryDequeue(out var connection)) Connect(connection);
    }

    /// <summary>A server that stands still, or a way that has become one, ends no connection: only the missing heartbeats tell.</summary>
    private void GiveUpSilent(long now, TimeSpan silence)
    {
        _lookForSilenceAt = now + BenchClock.Of(SilenceInterval);
        foreach (var connection in _connections.Values)
        {
            if (connection.State < ConnectionState.Connecting || now - connection.HeardMicros < BenchClock.Of(silence)) continue;
            Counts.Silent++;
            if (connection.State != ConnectionState.Open) Counts.Failed++;
            var (wasOpen, heard) = (connection.State == ConnectionState.Open, connection.HeardMicros);
            Retry(connection, connection.Retry);
            if (wasOpen) connection.LostMicros = heard;
        }
    }

    private void Enqueue(StreamConnection connection)
    {
        connection.State = ConnectionState.Waiting;
        _toConnect.Enqueue(connection);
    }

    private void Connect(StreamConnection connection)
    {
        connection.Server = _target.NextAfter(connection.Server, _random);
        if (TcpSocket.Connect(_target.ServerAt(connection.Server), _target.SourceOf(connection.Index)) is not { } socket)
        {
            Fail(connection, connection.Retry);
            return;
        }

        connection.Begin(socket, BenchClock.Micros);
        _connecting++;
        _epoll.Add(socket, Epoll.Writable, connection.Index);
    }

    private void Handle(StreamConnection connection)
    {
        if (connection.State == ConnectionState.Connecting)
        {
            SendRequest(connection);
            return;
        }

        var wasOpen = connection.State == ConnectionState.Open;
        var result = _reader.Read(connection);
        if (!wasOpen && connection.State == ConnectionState.Open) _connecting--;
        switch (result)
        {
            case ReadResult.More:
                break;
            case ReadResult.Refused:
                Fail(connection, _reader.RetryAfter ?? connection.Retry);
                break;
            default:
                if (connection.State == ConnectionState.Open) Retry(connection, connection.Retry);
                else Fail(connection, connection.Retry);
                break;
        }
    }

    private void SendRequest(StreamConnection connection)
    {
        var request = _target.RequestOf(connection.Server, connection.User, connection.Cursor);
        if (connection.Socket.Error != 0 || !connection.Socket.TrySend(request))
        {
            Fail(connection, connection.Retry);
            return;
        }

        Counts.BytesOut += request.Length;
        connection.State = ConnectionState.AwaitingHead;
        _epoll.Change(connection.Socket, Epoll.Readable, connection.Index);
    }

    private void Fail(StreamConnection connection, TimeSpan wait)
    {
        Counts.Failed++;
        Retry(connection, wait);
    }

    private void Retry(StreamConnection connection, TimeSpan wait)
    {
        Close(connection);
        _toRetry.Enqueue(connection, BenchClock.Micros + BenchClock.Of(wait));
    }

    private void Close(StreamConnection connection)
    {
        if (connection.State is ConnectionState.Connecting or ConnectionState.AwaitingHead) _connecting--;
        if (connection.State >= ConnectionState.Connecting) connection.Socket.Close();
        if (connection.State == ConnectionState.Open) connection.LostMicros = BenchClock.Micros;
        _reader.Closed(connection);
        connection.DropCarry();
        connection.State = ConnectionState.Idle;
    }
}
