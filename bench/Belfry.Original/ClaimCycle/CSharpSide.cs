using Belfry.Original.Table;

namespace Belfry.Original.ClaimCycle;

/// <summary>The cycle as the original runs it: the table's own methods, through Npgsql.</summary>
internal sealed class CSharpSide(NotificationTable table, TimeProvider time)
{
    public Task RunAsync(TimeSpan duration, CancellationToken ct)
    {
        var begun = time.GetTimestamp();
        return Task.WhenAll(Enumerable.Range(0, CycleShape.Clients).Select(client => RunClientAsync(client, begun, duration, ct)));
    }

    private async Task RunClientAsync(int client, long begun, TimeSpan duration, CancellationToken ct)
    {
        await Task.Yield();
        var instance = $"client-{client}";
        var place = client * CycleShape.ClaimBatch;
        while (time.GetElapsedTime(begun) < duration)
        {
            for (var inserted = 0; inserted < CycleShape.ClaimBatch; inserted += CycleShape.InsertBatch)
            {
                await table.InsertAsync(SampleRows.Batch(place, CycleShape.InsertBatch, time.GetUtcNow().UtcDateTime), ct);
                place += CycleShape.InsertBatch;
            }

            var claimed = await table.ClaimAsync(instance, CycleShape.Lease, CycleShape.ClaimBatch, ct);
            await table.MarkAsync([.. claimed.Select(row => row.NotificationId)], NotificationStatus.Delivered, ct);
        }
    }
}
