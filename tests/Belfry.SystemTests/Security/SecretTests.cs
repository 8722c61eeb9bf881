using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Belfry.Contracts;
using Belfry.Servers;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Belfry.SystemTests.Security;

/// <summary>With a secret in every setting that takes one, and the log at its most talkative: none of them is ever said.</summary>
public sealed class SecretTests(SharedPostgres shared)
{
    private const string Secret = "SECRET-OF-USERS-that-is-long-enough-to-sign";
    private const string PreviousSecret = "SECRET-OF-BEFORE-that-is-long-enough-to-sign";
    private const string ApiKey = "bk_SECRET-OF-PUBLISHERS";
    private const string AdminKey = "bk_SECRET-OF-OPERATORS";
    private const string WrongKey = "bk_SECRET-OF-STRANGERS";

    // What all secrets have in common, as it is and in base64 at each of its three places.
    private static readonly string[] Telling = ["SECRET-OF", "U0VDUkVULU9G", "NFQ1JFVC1PR", "TRUNSRVQtT0"];

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Logging__LogLevel__Default"] = "Trace",
        ["Logging__LogLevel__Microsoft.AspNetCore"] = "Trace",
        ["Logging__LogLevel__System.Net.Http"] = "Trace",
        ["Logging__LogLevel__Npgsql"] = "Trace",
        ["Belfry__Auth__Secret"] = Secret,
        ["Belfry__Auth__PreviousSecret"] = PreviousSecret,
        ["Belfry__Auth__ApiKeys__web"] = Hash(ApiKey),
        ["Belfry__Auth__AdminKeys__ops"] = Hash(AdminKey),
        ["Belfry__Webhooks__mail__Url"] = "http://127.0.0.1:1/hook",
        ["Belfry__Webhooks__mail__AllowPrivate"] = "true",
        ["Belfry__Webhooks__mail__Secret"] = "whsec_" + Convert.ToBase64String("SECRET-OF-WEBHOOKS-of-today-1234"u8),
        ["Belfry__Webhooks__mail__PreviousSecret"] = "whsec_" + Convert.ToBase64String("SECRET-OF-WEBHOOKS-of-before-123"u8),
    };

    private static readonly Dictionary<string, string> Away = new(Settings)
    {
        ["ConnectionStrings__Postgres"] = "Host=127.0.0.1;Port=1;Username=belfry;Password=SECRET-OF-POSTGRES;SSL Password=SECRET-OF-ITS-KEY",
        ["ConnectionStrings__PostgresDirect"] = "Host=127.0.0.1;Port=1;Username=belfry;Password=SECRET-OF-DIRECT",
        ["ConnectionStrings__Redis"] = "127.0.0.1:1,password=SECRET-OF-REDIS,user=belfry,abortConnect=false",
        ["ConnectionStrings__Kafka"] = "127.0.0.1:1",
        ["Belfry__Kafka__Properties__security_protocol"] = "SASL_PLAINTEXT",
        ["Belfry__Kafka__Properties__sasl_mechanism"] = "PLAIN",
        ["Belfry__Kafka__Properties__sasl_username"] = "belfry",
        ["Belfry__Kafka__Properties__sasl_password"] = "SECRET-OF-KAFKA",
        ["Belfry__Kafka__Properties__debug"] = "all",
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_told_while_every_server_is_away()
    {
        await using var server = await BelfryProcess.StartAsync(BelfryProgram.Service, Away, BelfryProcess.Live, Cancelled);

        await DemandSilenceAsync(server);
        await server.TerminateAsync(TimeSpan.FromSeconds(30), Cancelled);
        DemandSilence("the log", server.ReadLog());
    }

    [Fact]
    public async Task Nothing_is_told_when_the_store_is_there_and_the_others_are_away()
    {
        var database = await shared.CreateDatabaseAsync(Cancelled) + ";Password=SECRET-OF-POSTGRES";
        var settings = new Dictionary<string, string>(Away) { ["ConnectionStrings__Postgres"] = database, ["ConnectionStrings__PostgresDirect"] = database };
        await using var server = await BelfryProcess.StartAsync(BelfryProgram.Service, settings, BelfryProcess.Live, Cancelled);
        await Eventually.HoldsAsync("Kafka has been tried", () => server.ReadLog().Contains("127.0.0.1:1/bootstrap", StringComparison.Ordinal), TimeSpan.FromSeconds(30), Cancelled);

        await DemandSilenceAsync(server);
        await server.TerminateAsync(TimeSpan.FromSeconds(30), Cancelled);
        DemandSilence("the log", server.ReadLog());
        Assert.Contains("dbug: ", server.ReadLog(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("config", "--json")]
    public async Task The_settings_are_shown_without_them(params string[] command)
    {
        var shown = await BelfryCommand.RunAsync(command, Away, ct: Cancelled);

        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("***", shown.Output, StringComparison.Ordinal);
        DemandSilence("belfry config", shown.Output + shown.Errors);
    }

    [Theory]
    [InlineData("Belfry__Auth__Secret", "SECRET-OF-5")]
    [InlineData("Belfry__Auth__ApiKeys__web", "SECRET-OF-6")]
    [InlineData("Belfry__Auth__AdminKeys", "SECRET-OF-7")]
    [InlineData("Belfry__Webhooks__mail__Secret", "SECRET-OF-8")]
    [InlineData("ConnectionStrings__Postgres", "Host=127.0.0.1;Passwort=SECRET-OF-9")]
    [InlineData("ConnectionStrings__Postgres", "postgres://belfry:SECRET-OF-10@127.0.0.1/belfry")]
    [InlineData("ConnectionStrings__Redis", "127.0.0.1:1,passwort=SECRET-OF-11")]
    [InlineData("Belfry__Kafka__Properties__sasl_pasword", "SECRET-OF-12", "Belfry__Kafka__Properties")]
    public async Task A_setting_that_is_refused_is_named_and_not_repeated(string name, string value, string? named = null)
    {
        var refused = await BelfryCommand.RunAsync(["serve"], new Dictionary<string, string>(Settings) { [name] = value, ["ConnectionStrings__Kafka"] = "127.0.0.1:1" }, ct: Cancelled);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(named ?? name, refused.Errors, StringComparison.Ordinal);
        DemandSilence("the refusal", refused.Output + refused.Errors);
    }

    /// <summary>Asks for everything, with every credential, right and wrong.</summary>
    private static async Task DemandSilenceAsync(BelfryProcess server)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(20) };
        var tokens = new[] { Token(Secret, 60), Token(PreviousSecret, 60), Token(Secret, -600), Token(WrongKey + Secret, 60), "SECRET-OF.SECRET-OF.SECRET-OF" };
        var credentials = tokens.Select(token => ("Authorization", "Bearer " + token))
            .Concat(tokens.Select(token => ("Cookie", "belfry_token=" + token)))
            .Concat(new[] { ApiKey, AdminKey, WrongKey }.Select(key => ("X-API-Key", key)))
            .Append(("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"belfry:{AdminKey}"))))
            .ToList();

        foreach (var credential in credentials)
        {
            foreach (var path in (string[])["v1/stream?since=earliest", "v1/stream?since=never", "v1/topics/t/members", "nothing"]) await AskAsync(http, HttpMethod.Get, new Uri(server.Url, path), credential);
            await AskAsync(http, HttpMethod.Post, new Uri(server.Url, "v1/events"), credential, """{"user_id":"user-1","event_type":"t"}""");
            await AskAsync(http, HttpMethod.Post, new Uri(server.Url, "v1/events"), credential, "{");
            foreach (var path in (string[])["metrics", "readyz", "dashboard/stats", "dashboard/mailbox?user=user-1", "v1/admin/instances", "v1/admin/deadletters", "v1/admin/events/s/e"])
            {
                await AskAsync(http, HttpMethod.Get, new Uri(server.AdminUrl, path), credential);
            }
        }

        foreach (var key in (string[])[AdminKey, WrongKey])
        {
            await AskAsync(http, HttpMethod.Post, new Uri(server.AdminUrl, "dashboard/session"), ("Origin", server.AdminUrl.GetLeftPart(UriPartial.Authority)), "key=" + key, "application/x-www-form-urlencoded");
        }
    }

    private static async Task AskAsync(HttpClient http, HttpMethod method, Uri url, (string Name, string Value) credential, string? body = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.TryAddWithoutValidation(credential.Name, credential.Value);
        if (body is not null) request.Content = new StringContent(body, MediaTypeHeaderValue.Parse(type));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);

        // Of a stream its beginning.
        var text = answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? await ReadBeginningAsync(answer) : await answer.Content.ReadAsStringAsync(Cancelled);
        DemandSilence(url.ToString(), $"{answer.Headers}{answer.Content.Headers}{text}");
        Assert.NotEqual(500, (int)answer.StatusCode);
    }

    private static async Task<string> ReadBeginningAsync(HttpResponseMessage answer)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        var text = new StringBuilder();
        while (text.Length < 200 && await reader.ReadLineAsync(Cancelled).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Cancelled) is { } line)
        {
            text.AppendLine(line);
            if (line.StartsWith("event: " + StreamEvents.CaughtUp, StringComparison.Ordinal) || line.Length == 0) break;
        }

        return text.ToString();
    }

    private static void DemandSilence(string where, string text)
    {
        foreach (var telling in Telling)
        {
            var at = text.IndexOf(telling, StringComparison.Ordinal);
            if (at >= 0) Assert.Fail($"In {where}: {text[Math.Max(0, at - 300)..Math.Min(text.Length, at + 100)]}");
        }
    }

    private static string Hash(string key) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>With a claim by which it would be recognised, wherever it were printed.</summary>
    private static string Token(string secret, int seconds) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { ["sub"] = "user-1", ["x"] = "SECRET-OF-A-TOKEN", ["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds },
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)), SecurityAlgorithms.HmacSha256),
    });
}
