using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary>Pages of an inbox as JSON: each notification as a stream has it, and what its user has done with it.</summary>
internal static class InboxJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(IBufferWriter<byte> to, InboxPage page, MailboxHead head, string epoch)
    {
        using var json = new Utf8JsonWriter(to, Options);
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var item in page.Items) WriteItem(json, item.Row, item.State);
        json.WriteEndArray();
        if (page.Before is { } before) json.WriteString("before"u8, new Cursor(epoch, before).ToString());
        if (page.After is { } after) json.WriteString("after"u8, new Cursor(epoch, after).ToString());
        json.WriteString("stream_cursor"u8, new Cursor(epoch, head.LastSeq).ToString());
        json.WriteNumber("state_version"u8, head.StateVersion);
        json.WriteStartObject("counts"u8);
        json.WriteNumber("unread"u8, head.Counts.Unread);
        json.WriteNumber("unseen"u8, head.Counts.Unseen);
        json.WriteNumber("total"u8, head.Counts.Total);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>One notification on a line of its own.</summary>
    public static void WriteLine(IBufferWriter<byte> to, StoredNotification row, MarkState state)
    {
        using (var json = new Utf8JsonWriter(to, Options)) WriteItem(json, row, state);
        to.Write("\n"u8);
    }

    private static void WriteItem(Utf8JsonWriter json, StoredNotification row, MarkState state)
    {
        json.WriteStartObject();
        NotificationJson.WriteMembers(json, row.Content, row.Seq, row.ReceivedAt);
        json.WriteBoolean("seen"u8, state.HasFlag(MarkState.Seen));
        json.WriteBoolean("read"u8, state.HasFlag(MarkState.Read));
        json.WriteBoolean("archived"u8, state.HasFlag(MarkState.Archived));
        if (state.HasFlag(MarkState.Deleted)) json.WriteBoolean("deleted"u8, true);
        json.WriteEndObject();
    }
}
