using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.Servers;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Inbox;

/// <summary>Servers with an operator, and what tests of the inbox wait for.</summary>
internal static class InboxServers
{
    public const string AdminKey = "an operator of the tests";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<Service> StartAsync(string? database, params (string Name, string Value)[] settings) =>
        Service.StartAsync(database, Cancelled, [("Belfry__Auth__AdminKeys__ops", "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)))), .. settings]);

    public static async Task<StreamClient> OpenAsync(Service service, string user)
    {
        var stream = service.Open(user, "?since=latest");
        await stream.NextAsync(StreamEvents.CaughtUp);
        return stream;
    }

    public static Task SeesOthersAsync(Service service, int instances) => Eventually.HoldsAsync("it knows of the others", async ct =>
    {
        using var http = new HttpClient();
        var json = await http.GetStringAsync(new Uri(service.Process.AdminUrl, "/v1/admin/instances"), ct);
        return JsonSerializer.Deserialize(json, ContractsJson.Default.InstanceList)!.Instances.Count(i => i.State == "serving") == instances;
    }, Patience, Cancelled);
}
