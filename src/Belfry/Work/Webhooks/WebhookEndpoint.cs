using Belfry.Mailboxes;

namespace Belfry.Work.Webhooks;

/// <summary>One endpoint, as its settings describe it. Immutable.</summary>
internal sealed class WebhookEndpoint
{
    public WebhookEndpoint(string name, WebhookOptions options)
    {
        Name = name;
        Options = options;
        Url = new Uri(options.Url!);
        Types = TypeFilter.Of([.. options.Types]);
        Secrets = [.. new[] { options.Secret, options.PreviousSecret }.OfType<string>().Select(Parse)];
    }

    public string Name { get; }

    /// <summary>The kind of its tasks.</summary>
    public string Kind => "webhook:" + Name;

    public WebhookOptions Options { get; }

    public Uri Url { get; }

    /// <summary>Null: all.</summary>
    public TypeFilter? Types { get; }

    /// <summary>All of them sign.</summary>
    public IReadOnlyList<WebhookSecret> Secrets { get; }

    private static WebhookSecret Parse(string text) =>
        WebhookSecret.TryParse(text, out var secret) ? secret : throw new ArgumentException("This is no secret of a webhook.");
}
