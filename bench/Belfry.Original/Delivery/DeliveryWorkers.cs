using System.Threading.Channels;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Original.Push;
using Belfry.Original.Table;
using Belfry.Streaming;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Delivery;

/// <summary>
/// The delivery workers: each takes a claimed row, pushes it to the user's connections on this instance, and has its status
/// set. A user who has none has failed for good, be he offline or connected to another instance: faults 5 and 6 of the
/// original, which both variants have.
/// </summary>
internal sealed class DeliveryWorkers(
    ClaimedRows rows,
    PushConnections connections,
    Completion completion,
    OriginalMetrics metrics,
    IOptions<OriginalOptions> options,
    TimeProvider time) : BackgroundService
{
    /// <summary>The table has no column for an event's source.</summary>
    private const string Source = "notification-service";

    private readonly OriginalOptions _options = options.Value;

    /// <summary>What one worker does with one row.</summary>
    public async Task DeliverAsync(NotificationRow row, CancellationToken ct)
    {
        var streams = connections.Of(row.UserId);
        if (streams.Count == 0)
        {
            await completion.FinishAsync(row.NotificationId, NotificationStatus.Failed, ct);
            return;
        }

        var frame = FrameOf(row);
        var outcome = _options.AsPublished ? PushOrDrop(streams, frame) : await PushOrKeepAsync(streams, frame, ct);
        if (outcome is not null) await completion.FinishAsync(row.NotificationId, outcome, ct);
        else metrics.Kept();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, _options.Workers).Select(_ => RunAsync(stoppingToken)));

    private async Task RunAsync(CancellationToken ct)
    {
        await foreach (var row in rows.Reader.ReadAllAsync(ct)) await DeliverAsync(row, ct);
    }

    /// <summary>As published: what does not fit is gone, and counts as delivered (fault 7).</summary>
    private string PushOrDrop(IReadOnlyList<PushConnection> streams, Frame frame)
    {
        foreach (var stream in streams)
        {
            if (!stream.TryPush(frame)) metrics.Dropped();
        }

        return NotificationStatus.Delivered;
    }

    /// <summary>
    /// Repaired: waits for room. Null when a connection has none for too long: the row keeps its lease, and the reclaim brings it
    /// back; connections that have had it then get it again, because the table knows only one status for all of them.
    /// </summary>
    private async ValueTask<string?> PushOrKeepAsync(IReadOnlyList<PushConnection> streams, Frame frame, CancellationToken ct)
    {
        var taken = 0;
        foreach (var stream in streams)
        {
            try
            {
                if (stream.TryPush(frame) || await PushPatientlyAsync(stream, frame, ct)) taken++;
                else return null;
            }
            catch (ChannelClosedException)
            {
                // The client has gone in the meantime.
            }
        }

        return taken > 0 ? NotificationStatus.Delivered : NotificationStatus.Failed;
    }

    private async Task<bool> PushPatientlyAsync(PushConnection stream, Frame frame, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(_options.PushPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await stream.PushAsync(frame, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Frame FrameOf(NotificationRow row)
    {
        var content = new NewNotification
        {
            UserId = row.UserId,
            Source = Source,
            // Repaired, this is the event's own id; as published, that is known to nobody any more.
            EventId = row.NotificationId.ToString(),
            EventKey = row.NotificationId,
            NotificationId = row.NotificationId,
            EventType = row.EventType,
            Priority = row.Priority switch { "HIGH" => Priority.High, "LOW" => Priority.Low, _ => Priority.Medium },
            EventTimestamp = row.EventTimestamp,
            Payload = row.Payload,
        };
        return Frame.Of(content, seq: 0, row.ReceivedTimestamp, PushEndpoint.Epoch);
    }
}
