using Belfry.Original.Table;

namespace Belfry.Original.ClaimCycle;

/// <summary>
/// The table's own statements as a script of pgbench, and the variables that it is started with. Two things differ, both in
/// pgbench's favour: the server makes the ids, and of what a claim returns only the ids reach the client, as one text.
/// </summary>
internal static class PgbenchScript
{
    private const int Batches = SampleRows.Users / CycleShape.InsertBatch;
    private const int BatchesACycle = CycleShape.ClaimBatch / CycleShape.InsertBatch;

    /// <summary>As many cycles as it takes to come by each user once.</summary>
    public static string Text => string.Concat(Enumerable.Range(0, Batches / BatchesACycle).Select(Cycle));

    /// <summary>By name; what pgbench's <c>-D</c> takes.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(DateTime at)
    {
        yield return new("types", ArrayOf(_ => SampleRows.EventType));
        yield return new("priorities", ArrayOf(_ => SampleRows.Priority));
        yield return new("times", ArrayOf(_ => at.ToString("O")));
        yield return new("payloads", ArrayOf(_ => SampleRows.Payload));
        yield return new("lease", $"{CycleShape.Lease.TotalSeconds} s");
        yield return new("limit", $"{CycleShape.ClaimBatch}");
        yield return new("delivered", NotificationStatus.Delivered);
        for (var batch = 0; batch < Batches; batch++)
        {
            var first = batch * CycleShape.InsertBatch;
            yield return new($"users{batch}", ArrayOf(i => SampleRows.UserAt(first + i)));
        }
    }

    private static string Cycle(int cycle)
    {
        var inserts = Enumerable.Range(cycle * BatchesACycle, BatchesACycle).Select(Insert);
        return $"{string.Concat(inserts)}{Claim}{Mark}";
    }

    private static string Insert(int batch) => NotificationTable.Sql.InsertMany
        .Replace("SELECT * FROM", "SELECT gen_random_uuid(), * FROM", StringComparison.Ordinal)
        .Replace("$1::uuid[], ", "", StringComparison.Ordinal)
        .Replace("$2", $":users{batch}", StringComparison.Ordinal)
        .Replace("$3", ":types", StringComparison.Ordinal)
        .Replace("$4", ":priorities", StringComparison.Ordinal)
        .Replace("$5", ":times", StringComparison.Ordinal)
        .Replace("$6", ":times", StringComparison.Ordinal)
        .Replace("$7", ":payloads", StringComparison.Ordinal) + ";\n";

    private static string Claim
    {
        get
        {
            var claim = NotificationTable.Sql.ClaimRepaired
                .Replace("$1", "'client-' || :client_id", StringComparison.Ordinal)
                .Replace("$2", ":lease::interval", StringComparison.Ordinal)
                .Replace("$3", ":limit", StringComparison.Ordinal);
            return $"WITH claimed AS ({claim}) SELECT array_agg(notification_id) AS ids FROM claimed \\gset\n";
        }
    }

    private static string Mark => NotificationTable.Sql.MarkMany
        .Replace("$1", ":ids::uuid[]", StringComparison.Ordinal)
        .Replace("$2", ":delivered", StringComparison.Ordinal) + ";\n";

    private static string ArrayOf(Func<int, string> element) => "{" + string.Join(',', Enumerable.Range(0, CycleShape.InsertBatch).Select(i => Quote(element(i)))) + "}";

    private static string Quote(string element) =>
        $"\"{element.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
