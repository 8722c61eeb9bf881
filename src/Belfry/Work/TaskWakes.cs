using System.Threading.Channels;
using Belfry.Mailboxes.Lanes;
using Microsoft.Extensions.Options;

namespace Belfry.Work;

/// <summary>Wakes pickers: one for each sign that there is work. A sign that nobody has taken yet is enough for all that follow.</summary>
internal sealed class TaskWakes(IOptions<WorkOptions> options) : IStoredBatchListener
{
    // Full means that every picker has a sign waiting for it.
    private readonly Channel<bool> _signs = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(options.Value.Pickers) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Any thread; never blocks.</summary>
    public void Wake() => _signs.Writer.TryWrite(true);

    public ValueTask StoredAsync(StoredBatch batch, CancellationToken ct)
    {
        if (batch.HasNewTasks) Wake();
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> WaitAsync(CancellationToken ct) => _signs.Reader.ReadAsync(ct);
}
