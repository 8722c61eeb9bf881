namespace Belfry.Hosting.Commands;

/// <summary>Rows in columns, for a terminal.</summary>
internal static class TextTable
{
    /// <param name="rows">The first one has the columns' names.</param>
    public static async Task WriteAsync(TextWriter output, IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows) await output.WriteLineAsync(string.Join("  ", row.Select((cell, n) => cell.PadRight(widths[n]))).TrimEnd());
    }

    /// <summary>A text in one line, shortened to fit.</summary>
    public static string Cell(string? text, int max)
    {
        if (string.IsNullOrEmpty(text)) return "-";
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= max ? line : line[..(max - 1)] + "…";
    }

    public static string Cell(DateTime? time) => time?.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture) ?? "-";
}
