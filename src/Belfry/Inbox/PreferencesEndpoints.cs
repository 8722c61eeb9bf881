using System.Security.Claims;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Http;
using Belfry.Mailboxes.Preferences;

namespace Belfry.Inbox;

/// <summary><c>/v1/preferences</c>: what a user wants to be told of. The user is the token's <c>sub</c>.</summary>
internal sealed class PreferencesEndpoints(IPreferenceStore store)
{
    public async Task<IResult> GetAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "private, no-cache";
        var body = await store.FindAsync(UserOf(http), http.RequestAborted);
        return body is null ? Results.Json(new Preferences(), ContractsJson.Default.Preferences) : Results.Bytes(body, "application/json");
    }

    public async Task PutAsync(HttpContext http)
    {
        var (preferences, problem) = await PreferencesBody.ReadAsync(http.Request.Body, http.RequestAborted);
        if (preferences is null)
        {
            await ProblemResponse.RefuseAsync(http, problem!);
            return;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(preferences, ContractsJson.Default.Preferences);
        await store.StoreAsync(UserOf(http), body, MutedTypes.Of(preferences.Muted), CancellationToken.None);
        await Results.Bytes(body, "application/json").ExecuteAsync(http);
    }

    private static string UserOf(HttpContext http) => http.User.FindFirstValue("sub")!;
}
