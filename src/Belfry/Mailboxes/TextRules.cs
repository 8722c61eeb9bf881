namespace Belfry.Mailboxes;

/// <summary>What names (ids, sources, users, types, topics) may look like.</summary>
internal static class TextRules
{
    /// <summary>What is wrong with the text; null: nothing.</summary>
    public static string? FindFault(string text, int max)
    {
        if (text.Length < 1 || text.Length > max) return LengthFault(max);
        foreach (var c in text)
        {
            if (char.IsControl(c)) return "has a control character";
        }

        return null;
    }

    public static string LengthFault(int max) => $"is not 1 to {max} characters";
}
