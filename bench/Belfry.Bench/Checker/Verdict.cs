namespace Belfry.Bench.Checker;

/// <summary>What was acknowledged, stored and received, compared: whether the promises held.</summary>
internal sealed class Verdict
{
    private Verdict(Findings findings, double deliveryRatio, long storedUnacknowledged)
    {
        Findings = findings;
        DeliveryRatio = deliveryRatio;
        StoredUnacknowledged = storedUnacknowledged;
    }

    public Findings Findings { get; }

    /// <summary>Of what is stored for users with streams, the part that each of their streams has received; 1 when nothing is.</summary>
    public double DeliveryRatio { get; }

    /// <summary>Stored, though the way in has not said so (its answer was lost, say). No fault.</summary>
    public long StoredUnacknowledged { get; }

    public bool Held => !Findings.Any && DeliveryRatio >= 1;

    /// <param name="ledger">What was acknowledged.</param>
    /// <param name="stored">What is stored.</param>
    /// <param name="receipts">What each stream has received.</param>
    /// <param name="seenOnTheWay">What the streams have found wrong while they received.</param>
    public static Verdict Of(Ledger ledger, StoredLog stored, IReadOnlyList<Receipts> receipts, Findings seenOnTheWay, int users) =>
        Of(ledger.AcknowledgedOf, stored, receipts, seenOnTheWay, users);

    /// <param name="acknowledgedOf">What was acknowledged, for each user.</param>
    /// <inheritdoc cref="Of(Ledger, StoredLog, IReadOnlyList{Receipts}, Findings, int)"/>
    public static Verdict Of(Func<int, BitSet> acknowledgedOf, StoredLog stored, IReadOnlyList<Receipts> receipts, Findings seenOnTheWay, int users)
    {
        stored.CheckSeqs();
        var findings = new Findings();
        findings.Add(seenOnTheWay);
        findings.Add(stored.Findings);

        long unacknowledged = 0;
        for (var user = 0; user < users; user++)
        {
            var acknowledged = acknowledgedOf(user);
            var kept = stored.NumbersOf(user);
            unacknowledged += kept.Count - kept.CountShared(acknowledged);
            foreach (var number in acknowledged.Except(kept)) findings.Add(new Finding(FindingKind.Lost, user) { Number = number, Detail = "acknowledged, not stored" });
        }

        long expected = 0;
        long delivered = 0;
        foreach (var stream in receipts)
        {
            var kept = stored.NumbersOf(stream.User);
            expected += kept.Count;
            delivered += kept.CountShared(stream.Numbers);
            foreach (var number in kept.Except(stream.Numbers)) findings.Add(new Finding(FindingKind.Lost, stream.User) { Number = number, Detail = "stored, not received" });
            foreach (var number in stream.Numbers.Except(kept)) findings.Add(new Finding(FindingKind.Phantom, stream.User) { Number = number, Detail = "received, not stored" });
        }

        return new Verdict(findings, expected == 0 ? 1 : (double)delivered / expected, unacknowledged);
    }
}
