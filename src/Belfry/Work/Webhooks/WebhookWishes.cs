using System.Globalization;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Mailboxes.Preferences;

namespace Belfry.Work.Webhooks;

/// <summary>What a user's preferences say about messages that leave for elsewhere.</summary>
internal static class WebhookWishes
{
    public static Preferences Read(byte[] body) => JsonSerializer.Deserialize(body, ContractsJson.Default.Preferences)!;

    public static bool Mutes(this Preferences preferences, string eventType) => MutedTypes.Of(preferences.MutedWebhooks).Has(eventType);

    /// <summary>How long a message has to wait now; null: not at all.</summary>
    /// <param name="now">UTC.</param>
    public static TimeSpan? WaitAt(this Preferences preferences, DateTime now, Priority priority)
    {
        if (preferences.Quiet is not { } quiet || (quiet.HighPasses && priority == Priority.High)) return null;

        // A zone that this machine does not know any more keeps nobody waiting.
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(quiet.Zone, out var zone)) return null;

        var local = TimeZoneInfo.ConvertTimeFromUtc(now, zone);
        var (from, to) = (Parse(quiet.From), Parse(quiet.To));
        if (!TimeOnly.FromDateTime(local).IsBetween(from, to)) return null;

        var end = local.Date + to.ToTimeSpan();
        if (end <= local) end = end.AddDays(1);

        // Where clocks are set forward over the end it comes an hour later.
        if (zone.IsInvalidTime(end)) end = end.AddHours(1);
        var wait = TimeZoneInfo.ConvertTimeToUtc(DateTime.SpecifyKind(end, DateTimeKind.Unspecified), zone) - now;
        return wait > TimeSpan.Zero ? wait : null;
    }

    private static TimeOnly Parse(string text) => TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture);
}
