using System.Net;
using Belfry.Contracts;
using Belfry.Hosting.Auth;
using Microsoft.Extensions.Time.Testing;

namespace Belfry.Tests.Hosting;

/// <summary>How an operator's browser comes in from beyond loopback, and how nobody else does with it.</summary>
public sealed class SignInTests
{
    private static readonly (string, string) FromElsewhere = ("X-Forwarded-For", "203.0.113.9");

    [Fact]
    public async Task A_browser_without_a_key_is_shown_the_form_and_a_program_a_problem()
    {
        await using var server = await RunningServer.StartAsync();

        var shown = await server.Admin.SendAsync(HttpMethod.Get, "/dashboard", FromElsewhere, ("Accept", "text/html"));
        var told = await server.Admin.SendAsync(HttpMethod.Get, "/dashboard", FromElsewhere);

        Assert.Equal((HttpStatusCode.Unauthorized, "text/html"), (shown.StatusCode, shown.Content.Headers.ContentType?.MediaType));
        Assert.Contains("type=\"password\"", await shown.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("style-src 'sha256-", Assert.Single(shown.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        await told.ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
    }

    [Fact]
    public async Task The_admin_key_gives_a_cookie_that_opens_the_admin_listener_and_no_other()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await EnterAsync(server, RunningServer.AdminKey);

        Assert.Equal((HttpStatusCode.SeeOther, "/dashboard"), (answer.StatusCode, answer.Headers.Location?.ToString()));
        var cookie = CookieOf(answer);
        foreach (var part in (string[])["httponly", "samesite=strict", "max-age=36000", "path=/"]) Assert.Contains(part, cookie, StringComparison.OrdinalIgnoreCase);
        var value = ("Cookie", cookie.Split(';')[0]);
        Assert.Equal("operator", await (await server.Admin.SendAsync(HttpMethod.Get, "/probe/admin", FromElsewhere, value)).TextAsync());
        Assert.Equal(HttpStatusCode.OK, (await server.Admin.SendAsync(HttpMethod.Get, "/dashboard", FromElsewhere, value)).StatusCode);
        await (await server.Public.SendAsync(HttpMethod.Get, "/v1/topics/t/members", value)).ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
        await (await server.Public.SendAsync(HttpMethod.Post, "/probe/publish", value)).ProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.Unauthorized);
    }

    [Theory]
    [InlineData("bk_wrong")]
    [InlineData("")]
    [InlineData(RunningServer.ApiKey)]
    public async Task Another_key_gives_the_form_again_and_no_cookie(string key)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await EnterAsync(server, key);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("not an admin key", await answer.TextAsync(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task A_form_of_another_page_is_not_taken(string? origin)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await EnterAsync(server, RunningServer.AdminKey, origin);

        await answer.ProblemAsync(HttpStatusCode.Forbidden, ProblemTypes.Forbidden);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task With_the_cookie_a_change_must_come_from_our_own_page()
    {
        await using var server = await RunningServer.StartAsync();
        var cookie = ("Cookie", CookieOf(await EnterAsync(server, RunningServer.AdminKey)).Split(';')[0]);

        var ours = await RetryAsync(server, FromElsewhere, cookie, ("Origin", OriginOf(server)));
        var theirs = await RetryAsync(server, FromElsewhere, cookie, ("Origin", "https://elsewhere.example"));
        var nobodys = await RetryAsync(server, FromElsewhere, cookie);

        // Let in: there is no store behind this server.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ours.StatusCode);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (theirs.StatusCode, nobodys.StatusCode));
    }

    [Fact]
    public async Task On_this_machine_a_page_of_elsewhere_cannot_change_anything_either()
    {
        await using var server = await RunningServer.StartAsync();

        var program = await RetryAsync(server);
        var ours = await RetryAsync(server, ("Origin", OriginOf(server)));
        var theirs = await RetryAsync(server, ("Origin", "https://elsewhere.example"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (program.StatusCode, ours.StatusCode));
        Assert.Equal(HttpStatusCode.Unauthorized, theirs.StatusCode);
    }

    [Fact]
    public async Task Signing_out_takes_the_cookie_away()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.Admin.SendAsync(HttpMethod.Post, "/dashboard/session/end", ("Origin", OriginOf(server)));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.StartsWith($"{OperatorSession.Cookie}=;", CookieOf(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_ends_after_ten_hours_and_cannot_be_changed_or_taken_to_another_process()
    {
        var time = new FakeTimeProvider();
        var sessions = new OperatorSession(time);
        var cookie = sessions.Make("ops.of the day");

        Assert.Equal("ops.of the day", sessions.Read(cookie));
        Assert.Null(new OperatorSession(time).Read(cookie));
        foreach (var wrong in new[] { "", ".", "a.b", "9" + cookie, cookie + "x", cookie[..^2], cookie.Replace('.', ','), "1.2.!!" }) Assert.Null(sessions.Read(wrong));
        time.Advance(OperatorSession.Lifetime);
        Assert.Null(sessions.Read(cookie));
    }

    private static string OriginOf(RunningServer server) => server.Admin.BaseAddress!.GetLeftPart(UriPartial.Authority);

    private static Task<HttpResponseMessage> RetryAsync(RunningServer server, params (string, string)[] headers) =>
        server.Admin.SendAsync(HttpMethod.Post, "/v1/admin/deadletters/task-1/retry", headers);

    private static Task<HttpResponseMessage> EnterAsync(RunningServer server, string key) => EnterAsync(server, key, OriginOf(server));

    private static Task<HttpResponseMessage> EnterAsync(RunningServer server, string key, string? origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/session") { Content = new FormUrlEncodedContent([KeyValuePair.Create("key", key)]) };
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        if (origin is not null) request.Headers.Add("Origin", origin);
        return server.Admin.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string CookieOf(HttpResponseMessage answer) => Assert.Single(answer.Headers.GetValues("Set-Cookie"));
}
