using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Work;
using Belfry.Work.Webhooks;
using Xunit;

namespace Belfry.SystemTests.Work.Webhooks;

/// <summary>What webhooks promise on every store: which notifications become messages, and what is sent of them. Each test begins with an empty store.</summary>
public abstract partial class WebhookContract : IAsyncLifetime
{
    private protected static readonly TimeSpan After = TimeSpan.FromMinutes(5);

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected IMailboxStore Mailboxes { get; private set; } = null!;

    private protected ITaskStore Tasks { get; private set; } = null!;

    private protected IWebhookStore Webhooks { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Mailboxes, Tasks, Webhooks) = await PrepareAsync();
        await Mailboxes.OpenAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Mailboxes).DisposeAsync();
        CleanUp();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<(IMailboxStore Mailboxes, ITaskStore Tasks, IWebhookStore Webhooks)> PrepareAsync();

    private protected abstract void CleanUp();

    /// <summary>Moves the clock that the store goes by.</summary>
    private protected abstract Task PassTimeAsync(TimeSpan time);

    private protected static WebhookScanRequest Look(string endpoint = "mail", int rows = 1000, int room = 10_000, params string[] types) => new(
        endpoint, "webhook:" + endpoint, After, Every: TimeSpan.Zero, TooOld: TimeSpan.FromDays(3), Span: TimeSpan.FromDays(1), rows, room, MaxAttempts: 15, TypeFilter.Of(types));

    private protected async Task<WebhookScan> ScanAsync(WebhookScanRequest? request = null) => await Webhooks.ScanAsync(request ?? Look(), Cancelled);

    private protected async Task<IReadOnlyList<Appended>> AppendAsync(params NewNotification[] items) =>
        Assert.IsType<AppendResult.Stored>(await Mailboxes.AppendAsync(AppendBatch.Of(items), Cancelled)).Answers;

    private protected Task DeliverAsync(string user, long seq) => Mailboxes.MoveDeliveredAsync([new Delivered(user, seq)], Cancelled);

    /// <summary>The tasks of an endpoint that are due, the most urgent first.</summary>
    private protected async Task<List<WebhookTask>> ClaimAsync(int number, string endpoint = "mail") =>
    [
        .. (await Tasks.ClaimAsync(
            new TaskClaim(["webhook:" + endpoint], 1000, TimeSpan.FromSeconds(30), Guid.CreateVersion7(), WebhookTask.RanksOf(number).ToDictionary(r => r, _ => DateTime.MinValue)),
            Cancelled)).Select(task => WebhookTask.Read(task.Body)),
    ];

    private protected static readonly Dictionary<Priority, DateTime> GeneralFloors =
        new() { [Priority.High] = DateTime.MinValue, [Priority.Medium] = DateTime.MinValue, [Priority.Low] = DateTime.MinValue };
}
