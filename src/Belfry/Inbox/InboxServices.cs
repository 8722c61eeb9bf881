using Belfry.Http;
using Belfry.Mailboxes.Marks;

namespace Belfry.Inbox;

/// <summary>The inbox's part of the program.</summary>
internal static class InboxServices
{
    public static IServiceCollection AddInbox(this IServiceCollection services)
    {
        services.AddSingleton<InboxPages>();
        services.AddSingleton<InboxEndpoints>();
        services.AddSingleton<UserEndpoints>();
        services.AddSingleton<PreferencesEndpoints>();
        services.AddHostedService<Expirer>();
        return services;
    }

    /// <summary>A user's own: his inbox and his preferences. The caller decides who is a user.</summary>
    public static IEndpointConventionBuilder MapInbox(this IEndpointRouteBuilder routes)
    {
        var user = routes.MapGroup("/v1");
        user.MapGet("preferences", static (HttpContext http, PreferencesEndpoints endpoints) => endpoints.GetAsync(http));
        user.MapPut("preferences", static (HttpContext http, PreferencesEndpoints endpoints) => endpoints.PutAsync(http));

        var inbox = user.MapGroup("inbox");
        inbox.MapGet("", static (HttpContext http, InboxEndpoints endpoints) => endpoints.GetPageAsync(http)).Compress();
        inbox.MapGet("counts", static (HttpContext http, InboxEndpoints endpoints) => endpoints.GetCountsAsync(http));
        inbox.MapPost("seen", static (HttpContext http, InboxEndpoints endpoints) => endpoints.PostAsync(http, InboxChangeKind.Seen));
        inbox.MapPost("read", static (HttpContext http, InboxEndpoints endpoints) => endpoints.PostAsync(http, InboxChangeKind.Read));
        inbox.MapPost("unread", static (HttpContext http, InboxEndpoints endpoints) => endpoints.PostAsync(http, InboxChangeKind.Unread));
        inbox.MapPost("archive", static (HttpContext http, InboxEndpoints endpoints) => endpoints.PostAsync(http, InboxChangeKind.Archived));
        inbox.MapDelete("{seq}", static (HttpContext http, string seq, InboxEndpoints endpoints) => endpoints.DeleteAsync(http, seq));
        return user;
    }

    /// <summary>The caller decides who may see and forget users.</summary>
    public static IEndpointConventionBuilder MapUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/v1/users/{user}");
        users.MapGet("export", static (HttpContext http, UserEndpoints endpoints) => endpoints.ExportAsync(http));
        users.MapDelete("", static (HttpContext http, UserEndpoints endpoints) => endpoints.EraseAsync(http));
        return users;
    }
}
