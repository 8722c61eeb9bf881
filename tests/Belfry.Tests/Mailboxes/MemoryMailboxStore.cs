using Belfry.Mailboxes;

namespace Belfry.Tests.Mailboxes;

/// <summary>
/// A store in memory, for what stands above the store: the real ones are held to the same promises by their own contract
/// tests. Its next answers can be scripted.
/// </summary>
internal sealed class MemoryMailboxStore : IMailboxStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<StoredNotification>> _mailboxes = [];
    private readonly Dictionary<string, long> _floors = [];

    public string Epoch { get; set; } = "e1";

    public int? MaxLanes => null;

    public event Action? EpochChanged;

    /// <summary>Every call fails as if the store were away.</summary>
    public bool IsAway { get; set; }

    /// <summary>What the next appends do in place of storing; null stores and answers.</summary>
    public Queue<Func<AppendBatch, AppendResult?>> Script { get; } = new();

    public List<AppendBatch> Appends { get; } = [];

    public Dictionary<PartitionKey, long> Offsets { get; } = [];

    public List<Delivered> DeliveredMoves { get; } = [];

    public long DeliveredSeq { get; set; }

    public int Reads { get; private set; }

    public static NewNotification Event(string userId, string type = "job.posted", string payload = "{}", string? id = null)
    {
        id ??= Guid.CreateVersion7().ToString();
        return new NewNotification
        {
            UserId = userId,
            Source = "tests",
            EventId = id,
            EventKey = EventKey.Of("tests", id),
            NotificationId = Guid.CreateVersion7(),
            EventType = type,
            Priority = Belfry.Contracts.Priority.Medium,
            EventTimestamp = new DateTime(2026, 11, 23, 10, 0, 0, DateTimeKind.Utc),
            Payload = System.Text.Encoding.UTF8.GetBytes(payload),
        };
    }

    public void RaiseFloor(string userId, long floor)
    {
        lock (_gate)
        {
            _floors[userId] = floor;
            _mailboxes[userId].RemoveAll(n => n.Seq <= floor);
        }
    }

    public void ChangeEpoch(string epoch)
    {
        Epoch = epoch;
        EpochChanged?.Invoke();
    }

    /// <summary>Stores past the lanes; answers the seq.</summary>
    public long Add(NewNotification content)
    {
        lock (_gate) return Store(content).Seq;
    }

    public Task<AppendResult> AppendAsync(AppendBatch batch, CancellationToken ct)
    {
        lock (_gate)
        {
            Appends.Add(batch);
            if (Script.TryDequeue(out var next) && next(batch) is { } scripted) return Task.FromResult(scripted);
            Refuse();
            foreach (var move in batch.Moves)
            {
                if (Offsets.GetValueOrDefault(move.Partition, -1) != move.Expected) return Task.FromResult<AppendResult>(new AppendResult.Fenced(move.Partition));
            }

            return Task.FromResult<AppendResult>(StoreAll(batch));
        }
    }

    /// <summary>Stores a batch whatever the script says: for a try whose answer is lost.</summary>
    public AppendResult.Stored StoreAll(AppendBatch batch)
    {
        foreach (var move in batch.Moves) Offsets[move.Partition] = move.Next;
        return new AppendResult.Stored([.. batch.Items.Select(Store)]) { Tasks = [.. batch.Tasks.Select((_, n) => new AddedTask(n + 1, Duplicate: false))] };
    }

    public Task<IReadOnlySet<Guid>> FindOwnAsync(IReadOnlyList<(string UserId, long Seq, Guid NotificationId)> rows, CancellationToken ct)
    {
        lock (_gate)
        {
            var all = _mailboxes.Values.SelectMany(m => m).Select(n => n.Content.NotificationId).ToHashSet();
            return Task.FromResult<IReadOnlySet<Guid>>(rows.Select(r => r.NotificationId).Where(all.Contains).ToHashSet());
        }
    }

    public Task<MailboxHead> ReadHeadAsync(string userId, CancellationToken ct)
    {
        lock (_gate)
        {
            Refuse();
            var floor = _floors.GetValueOrDefault(userId);
            var last = _mailboxes.TryGetValue(userId, out var mailbox) && mailbox.Count > 0 ? mailbox[^1].Seq : floor;
            return Task.FromResult(new MailboxHead(0, floor, last, DeliveredSeq, 0));
        }
    }

    public Task<IReadOnlyList<StoredNotification>> ReadAfterAsync(string userId, long afterSeq, int maxRows, int maxBytes, CancellationToken ct)
    {
        lock (_gate)
        {
            Refuse();
            Reads++;
            var page = new List<StoredNotification>();
            var bytes = 0;
            foreach (var row in _mailboxes.GetValueOrDefault(userId, []).Where(n => n.Seq > afterSeq))
            {
                if (page.Count == maxRows || bytes >= maxBytes) break;
                page.Add(row);
                bytes += row.Content.Size;
            }

            return Task.FromResult<IReadOnlyList<StoredNotification>>(page);
        }
    }

    public async Task<NewPage> ReadNewAsync(IReadOnlyList<MailboxPlace> places, int maxRowsEach, int maxBytes, CancellationToken ct)
    {
        var rows = new List<(StoredNotification, int)>();
        foreach (var (userId, seq) in places) rows.AddRange((await ReadAfterAsync(userId, seq, maxRowsEach, maxBytes, ct)).Select(row => (row, 0)));
        return new NewPage(rows, IsComplete: true);
    }

    public Task MoveDeliveredAsync(IReadOnlyList<Delivered> delivered, CancellationToken ct)
    {
        lock (_gate)
        {
            Refuse();
            DeliveredMoves.AddRange(delivered);
            return Task.CompletedTask;
        }
    }

    public Task<IReadOnlyDictionary<PartitionKey, long>> ReadOffsetsAsync(IReadOnlyList<PartitionKey> partitions, CancellationToken ct)
    {
        lock (_gate)
        {
            Refuse();
            return Task.FromResult<IReadOnlyDictionary<PartitionKey, long>>(partitions.ToDictionary(p => p, p => Offsets.GetValueOrDefault(p, -1)));
        }
    }

    public Task OpenAsync(CancellationToken ct) => PingAsync(ct);

    public Task PingAsync(CancellationToken ct)
    {
        Refuse();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<(PartitionKey Partition, long Next)>> ListOffsetsAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task SetOffsetAsync(PartitionKey partition, long next, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<StoredDeadLetter>> ReadUnrelayedAsync(int max, CancellationToken ct) => throw new NotSupportedException();

    public Task MarkRelayedAsync(IReadOnlyList<NewDeadLetter> letters, CancellationToken ct) => throw new NotSupportedException();

    public Task MaintainAsync(TimeSpan retention, CancellationToken ct) => Task.CompletedTask;

    public Task<IReadOnlyList<StatusCount>> CountByStatusAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task<string> RenewEpochAsync(CancellationToken ct) => throw new NotSupportedException();

    private void Refuse()
    {
        if (IsAway) throw new StoreUnavailableException("away", new TimeoutException());
    }

    private Appended Store(NewNotification content)
    {
        if (!_mailboxes.TryGetValue(content.UserId, out var mailbox)) _mailboxes[content.UserId] = mailbox = [];
        if (mailbox.Find(n => n.Content.EventKey == content.EventKey) is { } first) return new Appended(first.Seq, true, 0, first.ReceivedAt);

        var seq = (mailbox.Count > 0 ? mailbox[^1].Seq : _floors.GetValueOrDefault(content.UserId)) + 1;
        var stored = new StoredNotification(content, seq, new DateTime(2026, 11, 23, 10, 0, 1, DateTimeKind.Utc));
        mailbox.Add(stored);
        return new Appended(seq, false, 0, stored.ReceivedAt);
    }
}
