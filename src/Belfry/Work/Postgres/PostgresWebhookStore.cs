using System.Data;
using Belfry.Mailboxes.Postgres;
using Belfry.Work.Webhooks;
using Npgsql;

namespace Belfry.Work.Postgres;

/// <summary>The log as webhooks look through it, in PostgreSQL. The look itself is a function of the schema (see the migration).</summary>
internal sealed class PostgresWebhookStore(PostgresMailboxStore store, TimeProvider time) : IWebhookStore
{
    // What is not summed up is read at each look: half a minute of the log is little.
    private static readonly TimeSpan SummarizeEvery = TimeSpan.FromSeconds(30);

    private long _summarized;

    public async Task<WebhookScan> ScanAsync(WebhookScanRequest request, CancellationToken ct)
    {
        var scan = await store.UseAsync("look for webhooks", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Scan, connection);
            var to = command.Parameters;
            to.Add(new NpgsqlParameter<string> { TypedValue = request.Endpoint });
            to.Add(new NpgsqlParameter<string> { TypedValue = request.Kind });
            to.Add(new NpgsqlParameter<TimeSpan> { TypedValue = request.After });
            to.Add(new NpgsqlParameter<TimeSpan> { TypedValue = request.Every });
            to.Add(new NpgsqlParameter<TimeSpan> { TypedValue = request.TooOld });
            to.Add(new NpgsqlParameter<TimeSpan> { TypedValue = request.Span });
            to.Add(new NpgsqlParameter<int> { TypedValue = request.Rows });
            to.Add(new NpgsqlParameter<int> { TypedValue = request.Room });
            to.Add(new NpgsqlParameter<short> { TypedValue = (short)request.MaxAttempts });
            to.Add(new NpgsqlParameter<string[]> { TypedValue = [.. request.Types?.Names ?? []] });
            to.Add(new NpgsqlParameter<string[]> { TypedValue = [.. request.Types?.Prefixes ?? []] });
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, ct);
            if (!await reader.ReadAsync(ct)) return default;
            return new WebhookScan(
                Number: reader.GetInt16(0),
                Done: reader.GetBoolean(1),
                More: reader.GetBoolean(2),
                Rows: reader.GetInt32(3),
                Added: reader.GetInt32(4),
                Waiting: reader.GetInt32(5),
                Behind: TimeSpan.FromSeconds(reader.GetDouble(6)),
                Skipped: TimeSpan.FromSeconds(reader.GetDouble(7)));
        }, ct);

        if (scan.Done) await SummarizeAsync(request.After + scan.Behind, ct);
        return scan;
    }

    public Task<WebhookNotification> FindAsync(WebhookTask task, CancellationToken ct) =>
        store.UseAsync("find a notification", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Find, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = task.UserId });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = task.Seq });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = task.NotificationId });
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, ct);
            return await reader.ReadAsync(ct)
                ? new WebhookNotification(
                    PostgresMailboxStore.ReadRow(reader, task.UserId), Delivered: reader.GetBoolean(13), reader.IsDBNull(14) ? null : reader.GetFieldValue<byte[]>(14))
                : new WebhookNotification(null, Delivered: false, Preferences: null);
        }, ct);

    public Task<IReadOnlyList<(string Name, long Waiting)>> ListStrandedAsync(IReadOnlyCollection<string> configured, CancellationToken ct) =>
        store.UseAsync<IReadOnlyList<(string, long)>>("list stranded webhooks", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.ListStranded, connection);
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. configured] });
            var stranded = new List<(string, long)>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) stranded.Add((reader.GetString(0), reader.GetInt64(1)));
            return stranded;
        }, ct);

    private async Task SummarizeAsync(TimeSpan age, CancellationToken ct)
    {
        var summarized = Volatile.Read(ref _summarized);
        if (summarized != 0 && time.GetElapsedTime(summarized) < SummarizeEvery) return;
        if (Interlocked.CompareExchange(ref _summarized, time.GetTimestamp(), summarized) != summarized) return;

        await store.UseAsync("sum up the log", async connection =>
        {
            await using var command = new NpgsqlCommand(Sql.Summarize, connection);
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
            return await command.ExecuteScalarAsync(ct);
        }, ct);
    }

    private static class Sql
    {
        public const string Scan = """
            SELECT number, scanned, more, looked_at, added, waiting, extract(epoch FROM behind)::float8, extract(epoch FROM skipped)::float8
            FROM belfry.scan_webhook($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """;

        public const string Summarize = "SELECT belfry.summarize_log(belfry.now() - $1)";

        public const string Find = $"""
            SELECT {PostgresMailboxStore.LogColumns},
                   n.seq <= coalesce((SELECT c.delivered_seq FROM belfry.cursors c WHERE c.user_id = n.user_id), 0),
                   (SELECT p.body FROM belfry.preferences p WHERE p.user_id = n.user_id)
            FROM belfry.notifications n
            WHERE n.user_id = $1 AND n.seq = $2 AND n.notification_id = $3 AND (n.expires_at IS NULL OR n.expires_at > belfry.now())
              AND belfry.marks_of(n.user_id, n.seq) < 8
            """;

        public const string ListStranded = """
            SELECT e.name, w.waiting FROM belfry.webhook_endpoints e
            CROSS JOIN LATERAL (
                SELECT count(*) AS waiting FROM belfry.tasks t
                WHERE t.priority >= e.number * 4 AND t.priority <= e.number * 4 + 2 AND t.lease_until IS NULL) w
            WHERE e.name <> ALL ($1) AND w.waiting > 0 ORDER BY e.name
            """;
    }
}
