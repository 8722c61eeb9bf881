using Belfry.Bench.Checker;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>
/// What was published for each user, by any way in and perhaps by two, and of that what was acknowledged by any: a bit for each
/// event, and the seq that HTTP has answered with. Safe for use by several threads.
/// </summary>
internal sealed class ChaosLedger
{
    private readonly int[] _published;
    private readonly Book[] _books;
    private readonly Findings _findings = new();
    private long _publishedTotal;
    private long _acknowledged;
    private long _byKafka;
    private long _byHttp;
    private long _sentTwice;
    private long _maybe;
    private long _duplicates;
    private long _retries;

    public ChaosLedger(int users)
    {
        _published = new int[users];
        _books = [.. Enumerable.Range(0, users).Select(_ => new Book())];
    }

    /// <summary>Distinct events.</summary>
    public long Published => Volatile.Read(ref _publishedTotal);

    /// <summary>Distinct events that any way in has told to be durable.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Told by Kafka, each sending for itself.</summary>
    public long ByKafka => Volatile.Read(ref _byKafka);

    /// <summary>Told by HTTP, each sending for itself.</summary>
    public long ByHttp => Volatile.Read(ref _byHttp);

    /// <summary>Of what was answered by HTTP: had been there before.</summary>
    public long AnsweredAsDuplicates => Volatile.Read(ref _duplicates);

    /// <summary>Events sent once more on purpose.</summary>
    public long SentTwice => Volatile.Read(ref _sentTwice);

    /// <summary>Given to Kafka, and never told whether they came: they may be stored or not.</summary>
    public long Maybe => Volatile.Read(ref _maybe);

    /// <summary>Requests that were sent again, because they were not answered or with 503.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary>The number of the user's next event, from 1.</summary>
    public int Publish(int user)
    {
        Interlocked.Increment(ref _publishedTotal);
        return Interlocked.Increment(ref _published[user]);
    }

    public void Repeat() => Interlocked.Increment(ref _sentTwice);

    public void AcknowledgeByKafka(int user, int number)
    {
        Interlocked.Increment(ref _byKafka);
        Acknowledge(user, number);
    }

    public void AcknowledgeByHttp(int user, int number, long seq, bool duplicate)
    {
        Interlocked.Increment(ref _byHttp);
        if (duplicate) Interlocked.Increment(ref _duplicates);
        Acknowledge(user, number);
        long before;
        lock (_books[user]) before = _books[user].Answer(number, seq);
        if (before != 0 && before != seq) Add(new Finding(FindingKind.Duplicate, user) { Number = number, Seq = seq, Detail = $"acknowledged before as seq {before}" });
    }

    public void Leave() => Interlocked.Increment(ref _maybe);

    public void Retry() => Interlocked.Increment(ref _retries);

    /// <summary>An event that a way in would not take.</summary>
    public void Refuse(int user, int number, string why) => Add(new Finding(FindingKind.Refused, user) { Number = number, Detail = why });

    /// <summary>Not to be read while answers may still come.</summary>
    public BitSet AcknowledgedOf(int user) => _books[user].Acknowledged;

    /// <summary>The seq that HTTP has answered for an event; 0: none.</summary>
    public long AnsweredFor(int user, int number) => _books[user].AnsweredFor(number);

    /// <summary>A row of the store: its seq must be the one that was answered.</summary>
    public void CheckSeq(int user, int number, long seq)
    {
        var answered = AnsweredFor(user, number);
        if (answered != 0 && answered != seq) Add(new Finding(FindingKind.Duplicate, user) { Number = number, Seq = seq, Detail = $"acknowledged as seq {answered}" });
    }

    public Findings Findings()
    {
        lock (_findings) return _findings;
    }

    private void Acknowledge(int user, int number)
    {
        lock (_books[user])
        {
            if (!_books[user].Acknowledged.Add(number)) return;
        }

        Interlocked.Increment(ref _acknowledged);
    }

    private void Add(Finding finding)
    {
        lock (_findings) _findings.Add(finding);
    }

    private sealed class Book
    {
        private int[] _seqs = [];

        public BitSet Acknowledged { get; } = new();

        public int AnsweredFor(int number) => number < _seqs.Length ? _seqs[number] : 0;

        /// <summary>Returns the seq that was answered before; 0: none.</summary>
        public int Answer(int number, long seq)
        {
            if (number >= _seqs.Length) Array.Resize(ref _seqs, Math.Max(number + 1, 2 * _seqs.Length));
            var before = _seqs[number];
            _seqs[number] = (int)seq;
            return before;
        }
    }
}
