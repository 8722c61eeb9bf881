using System.Globalization;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes;

namespace Belfry.Inbox;

/// <summary>Reads what a user wants to be told of: his preferences, or what is wrong with them.</summary>
internal static class PreferencesBody
{
    private const int MaxTypes = 100;
    private const int MaxType = 100;

    public static async Task<(Preferences? Preferences, Problem? Problem)> ReadAsync(Stream body, CancellationToken ct)
    {
        try
        {
            var preferences = await JsonSerializer.DeserializeAsync(body, ContractsJson.Default.Preferences, ct);
            if (preferences is null) return (null, Problems.Malformed("The body is an object."));
            return FindFault(preferences) is { } fault ? (null, Problems.InvalidField(fault)) : (preferences, null);
        }
        catch (JsonException e)
        {
            return (null, Problems.Malformed($"Not preferences: {e.Message}"));
        }
    }

    private static string? FindFault(Preferences preferences) =>
        FindFault("muted", preferences.Muted) ?? FindFault("muted_webhooks", preferences.MutedWebhooks) ?? (preferences.Quiet is { } quiet ? FindFault(quiet) : null);

    private static string? FindFault(string name, IReadOnlyList<string> types)
    {
        if (types.Count > MaxTypes) return $"{name} has more than {MaxTypes} entries.";
        foreach (var type in types)
        {
            if (type is null) return $"an entry of {name} is null.";
            if (TextRules.FindFault(type, MaxType) is { } fault) return $"an entry of {name} {fault}.";
            if (type.IndexOf('*') is var star && star >= 0 && star < type.Length - 1) return $"an entry of {name} has a * that is not at its end.";
        }

        return null;
    }

    private static string? FindFault(QuietHours quiet)
    {
        if (!IsTime(quiet.From) || !IsTime(quiet.To)) return "quiet.from and quiet.to are times such as 22:00.";
        if (quiet.From == quiet.To) return "quiet.from and quiet.to are the same time.";
        return quiet.Zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(quiet.Zone, out _) ? null : "quiet.zone is no time zone such as Europe/Berlin.";
    }

    private static bool IsTime(string? text) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
