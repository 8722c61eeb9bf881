using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Belfry.Settings;

namespace Belfry.Work.Webhooks;

/// <summary>One endpoint of the operator that is told of notifications which did not reach their user.</summary>
[SettingsSection("Belfry:Webhooks")]
internal sealed class WebhookOptions : IValidatableObject
{
    private const int MaxType = 100;

    [Description("Where the endpoint is: an address with https, or with http where AllowPrivate is true. It is printed, so put no secret into it.")]
    public string? Url { get; set; }

    [Secret]
    [Description("Signs every message, as Standard Webhooks says: whsec_ and 24 to 64 random bytes in base64.")]
    public string? Secret { get; set; }

    [Secret]
    [Description("Signs every message beside Secret, so that the receiver can go from one to the other.")]
    public string? PreviousSecret { get; set; }

    [Description("Which event types are sent: names, or prefixes that end in *. Not set: all.")]
    public IReadOnlyList<string> Types { get; set; } = [];

    [Description("How long after it was received a notification is looked at; delivery itself needs 15 s to be certain.")]
    [Range(typeof(TimeSpan), "00:00:30", "7.00:00:00")]
    public TimeSpan After { get; set; } = TimeSpan.FromMinutes(5);

    [Description("What keeps a notification from being sent. 'delivered' is the only value yet.")]
    public WebhookUnless Unless { get; set; } = WebhookUnless.Delivered;

    [Description("How long one request may take, from the look-up of the name to the answer.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    [Description("How many requests this instance has open to the endpoint at once.")]
    [Range(1, 100)]
    public int Concurrency { get; set; } = 4;

    [Description("true: the endpoint may be on this machine or in a private network, and without TLS.")]
    public bool AllowPrivate { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WhatIsWrongWithUrl() is { } wrong) yield return new ValidationResult(wrong, [nameof(Url)]);

        if (Secret is null) yield return new ValidationResult("has to be set: " + WebhookSecret.Form, [nameof(Secret)]);
        else if (!WebhookSecret.TryParse(Secret, out _)) yield return new ValidationResult("is not a secret: " + WebhookSecret.Form, [nameof(Secret)]);

        if (PreviousSecret is not null && !WebhookSecret.TryParse(PreviousSecret, out _))
        {
            yield return new ValidationResult("is not a secret: " + WebhookSecret.Form, [nameof(PreviousSecret)]);
        }

        if (Types.FirstOrDefault(type => type.Length is 0 or > MaxType || type.IndexOf('*') is >= 0 and var star && star < type.Length - 1) is { } type)
        {
            yield return new ValidationResult($"'{type}' is not an event type of 1 to {MaxType} characters, nor a prefix with one * at its end", [nameof(Types)]);
        }

        if (Unless == WebhookUnless.Seen) yield return new ValidationResult("'seen' comes with the inbox; until then only 'delivered' is known", [nameof(Unless)]);
    }

    private string? WhatIsWrongWithUrl()
    {
        if (Url is null) return "has to be set: the endpoint's address";
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http")) return $"'{Url}' is not an address with https";
        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0) return "has a user or a fragment, which are not sent";
        if (AllowPrivate) return null;

        if (url.Scheme == Uri.UriSchemeHttp) return "is not https, so that everybody on the way could read what is sent; AllowPrivate=true allows it";
        var isPrivate = url.IsLoopback || (IPAddress.TryParse(url.IdnHost, out var address) && !PublicAddresses.Contains(address));
        return isPrivate ? "is on this machine or in a private network; AllowPrivate=true allows it" : null;
    }
}

/// <summary>What keeps a notification from being sent.</summary>
internal enum WebhookUnless
{
    /// <summary>It has been delivered.</summary>
    Delivered,

    /// <summary>The user has seen it.</summary>
    Seen,
}
