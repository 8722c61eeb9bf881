using System.Text;
using Belfry.Contracts;
using Belfry.Ingest.Events;
using Belfry.Mailboxes;

namespace Belfry.Tests.Ingest;

/// <summary>Shortcuts through the parser.</summary>
internal static class Doors
{
    public static readonly DateTime Now = new(2026, 11, 22, 10, 0, 0, DateTimeKind.Utc);

    public static readonly EventDefaults Defaults = new("job-service", Now);

    public static EventBody Body(string json, EventFormat format = EventFormat.Any) => EventParser.ReadBody(Encoding.UTF8.GetBytes(json), format, Defaults);

    public static EventVerdict One(string json, EventFormat format = EventFormat.Any)
    {
        var body = Body(json, format);
        Assert.Null(body.Problem);
        return Assert.Single(body.Verdicts);
    }

    public static NewNotification Accepted(string json, EventFormat format = EventFormat.Any)
    {
        var verdict = One(json, format);
        Assert.Null(verdict.Problem);
        return Assert.Single(verdict.Notifications!);
    }

    public static Problem Refused(string json, EventFormat format = EventFormat.Any)
    {
        var verdict = One(json, format);
        Assert.Null(verdict.Notifications);
        return verdict.Problem!;
    }

    public static string Text(byte[]? json) => Encoding.UTF8.GetString(json!);
}
