namespace Belfry.Original.ClaimCycle;

/// <summary>One cycle: 500 rows inserted by 100, claimed at once, marked as delivered at once; by two clients.</summary>
internal static class CycleShape
{
    public const int Clients = 2;
    public const int InsertBatch = 100;
    public const int ClaimBatch = 500;

    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
}
