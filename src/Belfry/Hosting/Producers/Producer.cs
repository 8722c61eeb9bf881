using System.Text.Json;
using System.Threading.Channels;
using Belfry.Contracts;

namespace Belfry.Hosting.Producers;

/// <summary>
/// One example service: makes events on an open-loop schedule, so that a slow server makes them late and never fewer, and sends each
/// until it is answered. An event carries the time at which it was due, from which its latency can be told.
/// </summary>
internal sealed class Producer
{
    private const int MaxBatch = 500;
    private const int Senders = 16;

    // Over this the schedule falls behind, visibly: what is due is made late, with its intended time.
    private const int WaitingBatches = 64;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    private readonly EventScript _script;
    private readonly double _rate;
    private readonly UserRange _users;
    private readonly FollowerTopics? _topics;
    private readonly IEventSink _sink;
    private readonly ProducerStats _stats;
    private readonly TimeProvider _time;
    private readonly Random _random = new();

    private readonly Channel<List<PublishEvent>> _due = Channel.CreateBounded<List<PublishEvent>>(new BoundedChannelOptions(WaitingBatches)
    {
        SingleWriter = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    /// <param name="script">What it publishes.</param>
    /// <param name="rate">Events a second.</param>
    /// <param name="users">To whom.</param>
    /// <param name="topics">To which topics instead; null: to users.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="stats">Where it counts.</param>
    /// <param name="time">The schedule's clock.</param>
    public Producer(EventScript script, double rate, UserRange users, FollowerTopics? topics, IEventSink sink, ProducerStats stats, TimeProvider time)
    {
        _script = script;
        _rate = rate;
        _users = users;
        _topics = topics;
        _sink = sink;
        _stats = stats;
        _time = time;
    }

    /// <summary>Produces until <paramref name="stop"/>, then waits for the answers that are due, no longer than until <paramref name="abandon"/>.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abandon)
    {
        // A refusal ends the schedule too: nobody would read the channel any more.
        using var refused = CancellationTokenSource.CreateLinkedTokenSource(stop, abandon);
        var senders = Enumerable.Range(0, Senders).Select(_ => SendDueAsync(refused, abandon)).ToArray();
        try
        {
            await ScheduleAsync(refused.Token);
        }
        catch (OperationCanceledException) when (refused.IsCancellationRequested)
        {
            // The end of the schedule.
        }

        _due.Writer.Complete();
        await Task.WhenAll(senders);
    }

    private async Task ScheduleAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var (start, startedAt) = (_time.GetTimestamp(), _time.GetUtcNow());
        for (var made = 0L; await timer.WaitForNextTickAsync(stop);)
        {
            var due = (long)(_time.GetElapsedTime(start).TotalSeconds * _rate);
            while (made < due)
            {
                var count = (int)Math.Min(MaxBatch, due - made);
                var batch = new List<PublishEvent>(count);
                for (var i = 0; i < count; i++, made++) batch.Add(Make(startedAt + TimeSpan.FromSeconds(made / _rate)));
                _stats.Offer(count);
                await _due.Writer.WriteAsync(batch, stop);
            }
        }
    }

    private async Task SendDueAsync(CancellationTokenSource refused, CancellationToken abandon)
    {
        try
        {
            await foreach (var batch in _due.Reader.ReadAllAsync(abandon)) await SendAsync(batch, abandon);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            // What is still open is counted as open.
        }
        catch (SinkRefusedException)
        {
            await refused.CancelAsync();
            throw;
        }
    }

    private async Task SendAsync(List<PublishEvent> batch, CancellationToken abandon)
    {
        while (true)
        {
            try
            {
                _stats.Answer(await _sink.SendAsync(batch, abandon));
                return;
            }
            catch (SinkUnavailableException e)
            {
                // The same ids again: what was accepted after all is recognised.
                _stats.Retry(e.Message);
                await Task.Delay(e.RetryAfter ?? RetryPause, _time, abandon);
            }
        }
    }

    private PublishEvent Make(DateTimeOffset due)
    {
        var kind = _script.Kinds[_random.Next(_script.Kinds.Count)];
        var topic = _topics?.Pick(_random);
        return new PublishEvent
        {
            Id = Guid.CreateVersion7(due).ToString(),
            Source = $"{_script.Name}-service",
            UserId = topic is null ? _users.Pick(_random) : null,
            Topic = topic,
            EventType = kind.Type,
            Priority = kind.Priority,
            EventTimestamp = due,
            Payload = JsonSerializer.SerializeToElement(kind.Payload(_random)),
        };
    }
}
