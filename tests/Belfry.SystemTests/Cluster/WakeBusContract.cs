using System.Threading.Channels;
using Belfry.Cluster.Wakes;
using Belfry.Servers;
using Xunit;

namespace Belfry.SystemTests.Cluster;

/// <summary>What every carrier of wake-ups promises, tried with the real server.</summary>
public abstract class WakeBusContract : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<IWakeBus> _buses = [];
    private readonly List<Listener> _listeners = [];

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync();
        foreach (var bus in _buses.OfType<IAsyncDisposable>()) await bus.DisposeAsync();
        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>One instance's end of the bus.</summary>
    private protected abstract IWakeBus Connect(string channel);

    /// <summary>The server goes away and comes back, without whatever it remembered.</summary>
    private protected abstract Task RestartServerAsync();

    private protected abstract ValueTask CleanUpAsync();

    [Fact]
    public async Task A_message_reaches_everyone_who_listens_and_its_sender_too()
    {
        var (a, b) = (Open(), Open());
        var (first, second) = (await ListenAsync(a), await ListenAsync(b));

        await a.SendAsync(["one", "two"], Cancelled);

        Assert.Equal(["one", "two"], await first.TakeAsync(2));
        Assert.Equal(["one", "two"], await second.TakeAsync(2));
    }

    [Fact]
    public async Task The_longest_message_arrives_whole()
    {
        var bus = Open();
        var listener = await ListenAsync(bus);
        var wakes = Enumerable.Range(1, 3000).ToDictionary(n => (ulong)n * 7_000_000_000_000_000, n => (long)n * 1_000_000);
        var messages = WakeMessage.Of(Guid.CreateVersion7(), wakes);
        Assert.True(messages.Count > 1);

        await bus.SendAsync(messages, Cancelled);

        Assert.Equal(messages, await listener.TakeAsync(messages.Count));
    }

    [Fact]
    public async Task Another_channel_hears_nothing_of_it()
    {
        var (here, there) = (Open(), Open("somewhere_else"));
        var (first, second) = (await ListenAsync(here), await ListenAsync(there));

        await here.SendAsync(["here"], Cancelled);
        await there.SendAsync(["there"], Cancelled);

        Assert.Equal(["here"], await first.TakeAsync(1));
        Assert.Equal(["there"], await second.TakeAsync(1));
    }

    [Fact]
    public async Task A_listener_is_told_when_its_server_goes_and_hears_again_when_it_is_back()
    {
        var (a, b) = (Open(), Open());
        var listener = await ListenAsync(b);
        await a.SendAsync(["before"], Cancelled);
        Assert.Equal(["before"], await listener.TakeAsync(1));

        await RestartServerAsync();
        await listener.BrokenAsync();
        await listener.ListeningAgainAsync();
        await SendUntilTakenAsync(a, "after");

        Assert.Contains("after", await listener.TakeAsync(1));
    }

    private IWakeBus Open(string channel = "belfry")
    {
        var bus = Connect(channel);
        _buses.Add(bus);
        return bus;
    }

    private async Task<Listener> ListenAsync(IWakeBus bus)
    {
        var listener = new Listener(bus);
        _listeners.Add(listener);
        await listener.ListeningAgainAsync();
        return listener;
    }

    private static Task SendUntilTakenAsync(IWakeBus bus, string message) => Eventually.HoldsAsync("the message is sent", async _ =>
    {
        try
        {
            await bus.SendAsync([message], Cancelled);
            return true;
        }
        catch (WakeBusException)
        {
            return false;
        }
    }, Patience, Cancelled);

    /// <summary>Listens again whenever it is broken, as an instance does.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly Channel<string> _messages = Channel.CreateUnbounded<string>(); // A test reads all of it.
        private readonly SemaphoreSlim _listening = new(0);
        private readonly SemaphoreSlim _broken = new(0);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Listener(IWakeBus bus) => _running = RunAsync(bus);

        public async Task<List<string>> TakeAsync(int count)
        {
            using var patience = new CancellationTokenSource(Patience);
            var taken = new List<string>();
            while (taken.Count < count) taken.Add(await _messages.Reader.ReadAsync(patience.Token));
            return taken;
        }

        public async Task ListeningAgainAsync() => Assert.True(await _listening.WaitAsync(Patience, Cancelled));

        public async Task BrokenAsync() => Assert.True(await _broken.WaitAsync(Patience, Cancelled));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.WaitAsync(Patience, TimeProvider.System, CancellationToken.None);
            _stop.Dispose();
            _listening.Dispose();
            _broken.Dispose();
        }

        private async Task RunAsync(IWakeBus bus)
        {
            try
            {
                while (true)
                {
                    try
                    {
                        await bus.ListenAsync(() => _listening.Release(), m => _messages.Writer.TryWrite(m), _stop.Token);
                    }
                    catch (WakeBusException)
                    {
                        _broken.Release();
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The test has ended.
            }
        }
    }
}
