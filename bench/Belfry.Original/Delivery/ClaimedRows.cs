using System.Threading.Channels;
using Belfry.Original.Table;
using Microsoft.Extensions.Options;

namespace Belfry.Original.Delivery;

/// <summary>The bounded channel between the pickers and the workers: while it is full, the pickers wait, and claim nothing more.</summary>
internal sealed class ClaimedRows(IOptions<OriginalOptions> options)
{
    private readonly Channel<NotificationRow> _channel = Channel.CreateBounded<NotificationRow>(options.Value.ChannelCapacity);

    public ChannelReader<NotificationRow> Reader => _channel.Reader;

    public ChannelWriter<NotificationRow> Writer => _channel.Writer;
}
