using System.Net.Http.Json;
using Belfry.Contracts;

namespace Belfry.Bench.Scenarios;

/// <summary>Gives each user a topic with him as its member.</summary>
internal static class TopicSetup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Run run, CancellationToken ct)
    {
        run.Progress.Say($"making {run.Users.Count:N0} topics");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = run.Stand.Server.Url, Timeout = Patience };
        http.DefaultRequestHeaders.Add("X-API-Key", run.Stand.Keys.ApiKey);
        for (var user = 0; user < run.Users.Count; user++)
        {
            var path = $"/v1/topics/{Uri.EscapeDataString(run.Users.TopicOf(user))}/members";
            using var answer = await http.PostAsJsonAsync(path, new TopicChange([run.Users.NameOf(user)], Remove: null), ContractsJson.Default.TopicChange, ct);
            if (!answer.IsSuccessStatusCode) throw new BenchFailedException($"POST {path} was answered with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
        }
    }
}
