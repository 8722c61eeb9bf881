namespace Belfry.Bench.Checker;

/// <summary>What the pipeline's own table holds of this run, row by row. Not for several threads.</summary>
internal sealed class StoredLog
{
    private readonly BitSet[] _numbers;
    private readonly BitSet[] _seqs;
    private readonly long[] _highest;
    private readonly Timeline? _stored;
    private readonly Action<int, int, long>? _row;

    /// <param name="users">How many users the run has.</param>
    /// <param name="stored">Counts when rows were stored.</param>
    /// <param name="row">Is told user, number and seq of each row.</param>
    public StoredLog(int users, Timeline? stored, Action<int, int, long>? row = null)
    {
        _stored = stored;
        _row = row;
        _numbers = [.. Enumerable.Range(0, users).Select(_ => new BitSet())];
        _seqs = [.. Enumerable.Range(0, users).Select(_ => new BitSet())];
        _highest = new long[users];
    }

    /// <summary>All rows of the run, doubled ones included.</summary>
    public long Rows { get; private set; }

    public Findings Findings { get; } = new();

    public BitSet NumbersOf(int user) => _numbers[user];

    /// <param name="user">Whose mailbox.</param>
    /// <param name="number">The how manyth event of the user.</param>
    /// <param name="seq">Its place; 0 where the pipeline has none.</param>
    /// <param name="storedMicros">When, by the database's clock.</param>
    public void Add(int user, int number, long seq, long storedMicros)
    {
        Rows++;
        _stored?.Add(storedMicros);
        _row?.Invoke(user, number, seq);
        if (!_numbers[user].Add(number)) Findings.Add(new Finding(FindingKind.Duplicate, user) { Number = number, Seq = seq, Detail = "stored twice" });
        if (seq == 0) return;
        if (!_seqs[user].Add((int)seq)) Findings.Add(new Finding(FindingKind.Duplicate, user) { Number = number, Seq = seq, Detail = "the seq was given twice" });
        _highest[user] = Math.Max(_highest[user], seq);
    }

    /// <summary>When all rows are there: each mailbox must hold 1, 2, 3, … up to its last.</summary>
    public void CheckSeqs()
    {
        for (var user = 0; user < _seqs.Length; user++)
        {
            if (_seqs[user].Count == _highest[user]) continue;
            Findings.Add(new Finding(FindingKind.Gap, user)
            {
                Seq = _seqs[user].FirstMissing(),
                Detail = $"the mailbox holds {_seqs[user].Count} seqs up to {_highest[user]}; this is the first that is missing",
            });
        }
    }
}
