using System.Text.Json.Serialization;
using Belfry.Bench.Scenarios.Chaos;

namespace Belfry.Bench.Report;

/// <summary>How a report is written: snake_case, indented.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(ChaosReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
