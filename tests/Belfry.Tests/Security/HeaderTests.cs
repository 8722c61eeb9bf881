using System.Security.Cryptography;
using System.Text;
using Belfry.Http;
using Belfry.Tests.Hosting;

namespace Belfry.Tests.Security;

/// <summary>What answers tell a browser that it must not do with them.</summary>
public sealed class HeaderTests
{
    private static readonly (string, string) FromElsewhere = ("X-Forwarded-For", "203.0.113.9");

    [Fact]
    public async Task Every_answer_says_that_its_type_is_not_to_be_guessed()
    {
        await using var server = await RunningServer.StartAsync(("ConnectionStrings__Postgres", ""));
        var token = ("Authorization", $"Bearer {TestTokens.Of("user-1")}");

        HttpResponseMessage[] answers =
        [
            await server.Public.SendAsync(HttpMethod.Get, "/livez"),
            await server.Public.SendAsync(HttpMethod.Get, "/nothing"),
            await server.Public.SendAsync(HttpMethod.Get, "/probe/fails"),
            await server.Public.SendAsync(HttpMethod.Get, "/v1/stream"),
            await server.Public.SendAsync(HttpMethod.Get, "/v1/stream?since=never", token),
            await server.Public.SendAsync(HttpMethod.Post, "/v1/events", ("X-API-Key", RunningServer.ApiKey)),
            await server.Public.SendAsync(HttpMethod.Get, "/v1/topics/t/members", ("X-API-Key", RunningServer.AdminKey)),
            await server.Admin.SendAsync(HttpMethod.Get, "/metrics"),
            await server.Admin.SendAsync(HttpMethod.Get, "/dashboard"),
            await server.Admin.SendAsync(HttpMethod.Get, "/dashboard", FromElsewhere, ("Accept", "text/html")),
        ];

        Assert.All(answers, answer => Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task No_page_can_be_shown_inside_another_or_load_from_elsewhere()
    {
        await using var server = await RunningServer.StartAsync();

        HttpResponseMessage[] pages =
        [
            await server.Admin.SendAsync(HttpMethod.Get, "/dashboard"),
            await server.Admin.SendAsync(HttpMethod.Get, "/dashboard", FromElsewhere, ("Accept", "text/html")),
        ];

        foreach (var page in pages)
        {
            Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
            Assert.Equal(["same-origin"], page.Headers.GetValues("Referrer-Policy"));
            var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy")).Split("; ");
            foreach (var part in (string[])["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]) Assert.Contains(part, policy);
            Assert.DoesNotContain(policy, part => part.Contains("unsafe", StringComparison.Ordinal) || part.Contains('*', StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_stands_in_a_page_itself_is_named_by_its_hash()
    {
        const string page = "<style>a</style><script src=\"x.js\"></script><script type=\"module\">\nb</script><script>c</script>";

        Assert.Equal(Hash("a"), InlineHashes.OfStyles(page));
        Assert.Equal($"{Hash("\nb")} {Hash("c")}", InlineHashes.OfScripts(page));
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}
