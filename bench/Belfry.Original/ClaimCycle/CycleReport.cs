using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Belfry.Original.ClaimCycle;

/// <summary>What was measured: rows/s through the whole cycle, run by run, in the order of the runs.</summary>
internal sealed record CycleReport(string Postgres, int Cores, int Clients, double Seconds, IReadOnlyList<double> CsharpRowsPerS, IReadOnlyList<double> PgbenchRowsPerS)
{
    /// <summary>Below this share of pgbench, it would be our C# that is measured, not the data model.</summary>
    public const double Fair = 0.8;

    public double CsharpMedian => Median(CsharpRowsPerS);

    public double PgbenchMedian => Median(PgbenchRowsPerS);

    public double Ratio => CsharpMedian / PgbenchMedian;

    public bool IsFair => Ratio >= Fair;

    public string ToJson() => JsonSerializer.Serialize(this, CycleJson.Default.CycleReport);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        PostgreSQL {Postgres}; {Cores} cores, {Clients} clients, {CsharpRowsPerS.Count} runs of {Seconds:0.#} s each, in turn
        insert by {CycleShape.InsertBatch}, claim by {CycleShape.ClaimBatch}, mark delivered by {CycleShape.ClaimBatch}; rows/s:
          C#       {Line(CsharpRowsPerS, CsharpMedian)}
          pgbench  {Line(PgbenchRowsPerS, PgbenchMedian)}
        ratio {Ratio:0.00}, {(IsFair ? "fair" : "NOT fair")}: at least {Fair:0.0} is wanted
        """);

    private static string Line(IEnumerable<double> runs, double median) =>
        string.Create(CultureInfo.InvariantCulture, $"median {median:0} of {string.Join(", ", runs.Select(run => run.ToString("0", CultureInfo.InvariantCulture)))}");

    private static double Median(IEnumerable<double> runs)
    {
        var sorted = runs.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(CycleReport))]
internal sealed partial class CycleJson : JsonSerializerContext;
