using System.Text.Json.Serialization;

namespace Belfry.Hosting.Commands;

/// <summary>One setting as <c>belfry config</c> prints it.</summary>
/// <param name="Name">As an environment variable.</param>
/// <param name="Value">What it is here; secrets masked.</param>
/// <param name="Default">What it is when nobody sets it.</param>
/// <param name="From">Where its value comes from.</param>
/// <param name="Unit">What form it has.</param>
/// <param name="Range">What is allowed, where that is bounded.</param>
/// <param name="Effect">What it does.</param>
/// <param name="Original">The value in the system that Belfry replaces, where that differs.</param>
/// <param name="Reason">Why it differs.</param>
internal sealed record ConfigLine(
    string Name, string Value, string Default, string From, string Unit, string? Range, string Effect, string? Original, string? Reason);

/// <summary>Two lines for each setting: the facts in columns, and below them the effect.</summary>
internal static class ConfigTable
{
    private const int MaxColumn = 44;

    public static void Write(TextWriter output, IReadOnlyList<ConfigLine> lines)
    {
        var (name, value, standard) = (WidthOf(lines, "SETTING", l => l.Name), WidthOf(lines, "VALUE", l => l.Value), WidthOf(lines, "DEFAULT", l => Shown(l.Default)));
        void Row(string a, string b, string c, string d) =>
            output.WriteLine($"{a.PadRight(name)}  {b.PadRight(value)}  {c.PadRight(standard)}  {d}".TrimEnd());

        Row("SETTING", "VALUE", "DEFAULT", "UNIT");
        foreach (var line in lines)
        {
            Row(line.Name, Shown(line.Value) + (line.From == SettingsSources.Default ? "" : "  *"), Shown(line.Default), line.Range is null ? line.Unit : $"{line.Unit}, {line.Range}");
            output.WriteLine("    " + line.Effect);
            if (line.Original is not null) output.WriteLine($"    The original had {line.Original}: {line.Reason}");
            if (line.From != SettingsSources.Default) output.WriteLine($"    * from {line.From}");
        }
    }

    private static string Shown(string value) => value.Length == 0 ? "-" : value;

    private static int WidthOf(IReadOnlyList<ConfigLine> lines, string title, Func<ConfigLine, string> column) =>
        Math.Min(MaxColumn, Math.Max(title.Length, lines.Max(line => column(line).Length)));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(List<ConfigLine>))]
internal sealed partial class ConfigJson : JsonSerializerContext;
