using System.Globalization;
using Belfry.Bench.Checker;
using Npgsql;

namespace Belfry.Bench.Scenarios.Chaos;

/// <summary>What is known of an event that a promise was broken with: what was answered for it, and what the store holds.</summary>
internal sealed class Evidence(string database, UserSet users, ChaosLedger ledger) : IAsyncDisposable
{
    private const string Rows = """
        SELECT seq, event_id, notification_id::text, received_at
        FROM belfry.notifications
        WHERE user_id = $1 AND (($2 > 0 AND (payload->>'n')::integer = $2) OR ($2 = 0 AND seq = $3))
        ORDER BY seq
        """;

    private const string Last = "SELECT coalesce(max(seq), 0) FROM belfry.notifications WHERE user_id = $1";

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(database);

    public async Task<string> DescribeAsync(Finding finding, CancellationToken ct)
    {
        var user = users.NameOf(finding.User);
        var parts = new List<string> { finding.Describe(users) };
        if (finding.Number > 0)
        {
            var answered = ledger.AnsweredFor(finding.User, finding.Number);
            var acknowledged = ledger.AcknowledgedOf(finding.User).Contains(finding.Number);
            parts.Add(answered > 0 ? $"HTTP answered seq {answered}" : acknowledged ? "acknowledged by Kafka" : "not acknowledged");
        }

        await using var command = _source.CreateCommand(Rows);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = finding.Number });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = finding.Seq });
        await using (var rows = await command.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct))
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"stored as seq {rows.GetInt64(0)}, event {rows.GetString(1)}, notification {rows.GetString(2)}, at {rows.GetDateTime(3):HH:mm:ss.fff}"));
            }
        }

        await using var last = _source.CreateCommand(Last);
        last.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        parts.Add($"the mailbox's last seq is {await last.ExecuteScalarAsync(ct)}");
        return string.Join("; ", parts);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
