using System.Text;
using System.Text.Unicode;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Work;

/// <summary>Dead letters of both kinds as they are shown.</summary>
internal static class DeadLetterView
{
    public static DeadLetter Of(DeadTask task) => new()
    {
        Id = new DeadLetterId(DeadLetterKind.Task, task.Id).ToString(),
        Kind = DeadLetterId.NameOf(DeadLetterKind.Task),
        Reason = task.LastError ?? "",
        DiedAt = task.DiedAt,
        Size = task.Size,
        Task = new DeadLetterTask(task.Kind, task.Attempts, task.MaxAttempts, task.CreatedAt, task.Progress),
        Body = TextOf(task.Body),
        BodyBase64 = BytesOf(task.Body),
    };

    public static DeadLetter Of(DeadRecord record) => new()
    {
        Id = new DeadLetterId(DeadLetterKind.Record, record.Id).ToString(),
        Kind = DeadLetterId.NameOf(DeadLetterKind.Record),
        Reason = record.Reason,
        DiedAt = record.ReceivedAt,
        Size = record.Size,
        Record = new DeadLetterRecord(
            record.Partition.Cluster, record.Partition.Group, record.Partition.Topic, record.Partition.Partition, record.Offset, record.Relayed),
        Body = TextOf(record.Value),
        BodyBase64 = BytesOf(record.Value),
        Key = TextOf(record.Key),
        KeyBase64 = BytesOf(record.Key),
    };

    private static string? TextOf(byte[]? bytes) => bytes is not null && Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;

    private static byte[]? BytesOf(byte[]? bytes) => bytes is not null && !Utf8.IsValid(bytes) ? bytes : null;
}
