using Belfry.Cluster;
using Belfry.Mailboxes;

namespace Belfry.Work.Webhooks;

/// <summary>The messages of one endpoint: a kind of work for each of them.</summary>
internal sealed partial class WebhookKind(
    WebhookEndpoint endpoint, IWebhookStore store, WebhookClient client, Presence presence, EndpointPause pause, TaskWakes wakes, WebhookMetrics metrics, TimeProvider time,
    ILogger<WebhookKind> log) : TaskKind
{
    private const int Gone = 410;

    // The 15 s after which a write counts, and the seconds in which it is stored.
    private static readonly TimeSpan UntilItShows = TimeSpan.FromSeconds(20);

    private static readonly int[] Throttled = [429, 502, 503, 504];

    public override string Name => endpoint.Kind;

    /// <summary>The client's own limit comes first; this is for the store beside it.</summary>
    public override TimeSpan Timeout => endpoint.Options.Timeout + TimeSpan.FromSeconds(20);

    public override TimeSpan RetryAfter(int attempts) => WebhookRetries.After(attempts);

    public override async Task<TaskResult> RunAsync(ClaimedTask task, CancellationToken ct)
    {
        var found = await store.FindAsync(WebhookTask.Read(task.Body), ct);
        if (found.Stored is null || found.Delivered)
        {
            metrics.Skipped(endpoint, found.Delivered ? "delivered" : "gone");
            if (pause.Skipped()) wakes.Wake();
            return TaskResult.Done;
        }

        if (found.Preferences is { } said && WebhookWishes.Read(said) is var wishes)
        {
            if (wishes.Mutes(found.Stored.Content.EventType))
            {
                metrics.Skipped(endpoint, "muted");
                if (pause.Skipped()) wakes.Wake();
                return TaskResult.Done;
            }

            if (wishes.WaitAt(time.GetUtcNow().UtcDateTime, found.Stored.Content.Priority) is { } quiet)
            {
                throw new TaskFailedException("its user has quiet hours") { RetryIn = quiet };
            }
        }

        if (IsYoung(found.Stored) && (await presence.FindAsync(found.Stored.Content.UserId, ct)).Count > 0)
        {
            throw new TaskFailedException("the user is connected: whether this reaches him shows in a moment") { RetryIn = UntilItShows };
        }

        var began = time.GetTimestamp();
        var answer = await client.SendAsync(WebhookMessage.Of(found.Stored), ct);
        if (!answer.Taken) throw Refused(answer, time.GetElapsedTime(began), task.Attempts + 1);

        metrics.Sent(endpoint, time.GetElapsedTime(began));
        if (pause.Succeeded())
        {
            Log.Resumed(log, endpoint.Name);
            wakes.Wake();
        }

        return TaskResult.Done;
    }

    /// <summary>
    /// What a connection has been sent counts as delivered when the connection has outlived it, so a moment after it was due it may
    /// still be on its way. Only then: a client that takes nothing is connected, too.
    /// </summary>
    private bool IsYoung(StoredNotification notification) => time.GetUtcNow().UtcDateTime < notification.ReceivedAt + endpoint.Options.After + UntilItShows;

    /// <summary>Anything but a 2xx is tried again, as Standard Webhooks has it: what refuses today may be mended tomorrow.</summary>
    private TaskFailedException Refused(WebhookAnswer answer, TimeSpan duration, int attempts)
    {
        metrics.Failed(endpoint, duration, answer.Status);
        var asked = answer.Status is { } status && Throttled.Contains(status) && answer.RetryAfter > TimeSpan.Zero ? answer.RetryAfter : null;
        if (pause.Failed(asked, atOnce: answer.Status == Gone) is { } length)
        {
            metrics.Paused(endpoint);
            if (answer.Status == Gone) Log.Gone(log, endpoint.Name, length);
            else Log.Paused(log, endpoint.Name, length, answer.Reason);
        }

        var retryIn = RetryAfter(attempts);
        if (asked > retryIn) retryIn = asked.Value < WebhookRetries.Longest ? asked.Value : WebhookRetries.Longest;
        return new TaskFailedException(answer.Reason)
        {
            Detail = string.IsNullOrEmpty(answer.Text) ? null : $"{answer.Reason}: {answer.Text}",
            RetryIn = retryIn,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The webhook {Endpoint} does not take messages ({Reason}); it is left alone for {Pause}")]
        public static partial void Paused(ILogger logger, string endpoint, TimeSpan pause, string reason);

        [LoggerMessage(2, LogLevel.Information, "The webhook {Endpoint} takes messages again")]
        public static partial void Resumed(ILogger logger, string endpoint);

        [LoggerMessage(3, LogLevel.Error, "The webhook {Endpoint} says that it is gone (HTTP 410): take it out of the settings, or mend it. It is left alone for {Pause}")]
        public static partial void Gone(ILogger logger, string endpoint, TimeSpan pause);
    }
}
