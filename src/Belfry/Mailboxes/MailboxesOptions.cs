using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Settings;

namespace Belfry.Mailboxes;

/// <summary>How long mailboxes keep what is in them.</summary>
[SettingsSection("Belfry:Mailboxes")]
internal sealed class MailboxesOptions
{
    /// <summary>Not below 7 days, for which a repeated event is recognised.</summary>
    [Description("How long a notification is kept. PostgreSQL removes whole weeks, so the oldest stay up to a week longer.")]
    [Range(typeof(TimeSpan), "7.00:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);
}
