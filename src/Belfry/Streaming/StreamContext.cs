using Belfry.Mailboxes;
using Microsoft.Extensions.Options;

namespace Belfry.Streaming;

/// <summary>What every subscription shares.</summary>
internal sealed class StreamContext(
    IMailboxStore store, IOptions<StreamingOptions> options, DeliveredTracker delivered, StreamMetrics metrics, TimeProvider time)
{
    public IMailboxStore Store { get; } = store;

    public StreamingOptions Options { get; } = options.Value;

    public DeliveredTracker Delivered { get; } = delivered;

    public StreamMetrics Metrics { get; } = metrics;

    public TimeProvider Time { get; } = time;

    /// <summary>Reads of the log that run at once: a storm of resumes queues here, not in the database.</summary>
    public SemaphoreSlim Reads { get; } = new(options.Value.ConcurrentReads);

    /// <summary>When a client is to come back: jittered, so that they do not all come at once.</summary>
    public TimeSpan NextRetry() => Between(Options.RetryMin, Options.RetryMax);

    /// <summary>How old a connection may become.</summary>
    public TimeSpan NextAge() => Between(Options.AgeMin, Options.AgeMax);

    private static TimeSpan Between(TimeSpan min, TimeSpan max) =>
        max <= min ? min : min + ((max - min) * Random.Shared.NextDouble());
}
