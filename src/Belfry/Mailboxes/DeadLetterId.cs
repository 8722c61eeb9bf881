using System.Globalization;

namespace Belfry.Mailboxes;

/// <summary>What a dead letter was.</summary>
internal enum DeadLetterKind
{
    /// <summary>A record of Kafka or of the outbox.</summary>
    Record,

    /// <summary>A task of the work queue.</summary>
    Task,
}

/// <summary>A dead letter's name: <c>task-17</c> or <c>record-4</c>. Goes into paths and shells as it is.</summary>
internal readonly record struct DeadLetterId(DeadLetterKind Kind, long Number)
{
    public static string NameOf(DeadLetterKind kind) => kind == DeadLetterKind.Task ? "task" : "record";

    public static DeadLetterKind? ReadKind(string text) => text switch
    {
        "task" => DeadLetterKind.Task,
        "record" => DeadLetterKind.Record,
        _ => null,
    };

    public static bool TryParse(string text, out DeadLetterId id)
    {
        id = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || ReadKind(text[..dash]) is not { } kind) return false;
        if (!long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;

        id = new DeadLetterId(kind, number);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{NameOf(Kind)}-{Number}");
}
