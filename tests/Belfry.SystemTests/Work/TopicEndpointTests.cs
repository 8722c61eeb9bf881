using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Belfry.Contracts;
using Belfry.SystemTests.Running;
using Xunit;

namespace Belfry.SystemTests.Work;

/// <summary><c>/v1/topics/{topic}/members</c> on a running server; each test has a topic of its own.</summary>
public sealed class TopicEndpointTests(TopicServer server) : IClassFixture<TopicServer>, IDisposable
{
    private readonly HttpClient _http = server.Connect();
    private readonly string _topic = $"topic {Guid.CreateVersion7()}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Members_come_and_go_one_by_one()
    {
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Put, $"{_topic}/members/user-2"));
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Put, $"{_topic}/members/user-1"));
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Put, $"{_topic}/members/user-1"));
        Assert.Equal(["user-1", "user-2"], (await MembersAsync(_topic)).Members);
        Assert.Equal(["user-2"], (await MembersAsync(_topic, "?after=user-1")).Members);

        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Delete, $"{_topic}/members/user-2"));
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Delete, $"{_topic}/members/nobody"));
        Assert.Equal(["user-1"], (await MembersAsync(_topic)).Members);
    }

    [Fact]
    public async Task Names_with_a_slash_a_percent_sign_or_letters_of_any_kind_are_what_they_are()
    {
        string[] names = ["a/b", "a%2Fb", "50 % ä/ö", "a+b", "a?b#c", "😀"];
        foreach (var topic in names)
        {
            foreach (var user in names) Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Put, $"{Uri.EscapeDataString(topic)}/members/{Uri.EscapeDataString(user)}"));
        }

        foreach (var topic in names)
        {
            Assert.Equal(names.OrderBy(Encoding.UTF8.GetBytes, ByBytes), (await MembersAsync(Uri.EscapeDataString(topic))).Members);
        }

        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Delete, "a%2Fb/members/a%252Fb"));
        Assert.DoesNotContain("a%2Fb", (await MembersAsync("a%2Fb")).Members);
        Assert.Contains("a%2Fb", (await MembersAsync("a%252Fb")).Members);
    }

    [Fact]
    public async Task A_topic_with_many_members_is_read_in_pages()
    {
        string[] users = [.. Enumerable.Range(0, 1500).Select(n => $"user-{n:0000}")];
        var changed = await ChangeAsync(new TopicChange(users, ["user-0001", "nobody"]));
        Assert.Equal(new TopicChanged(1500, 1), changed);

        var first = await MembersAsync(_topic);
        var second = await MembersAsync(_topic, $"?after={first.Next}");

        Assert.Equal((1000, "user-1000", null), (first.Members.Count, first.Next, second.Next));
        Assert.Equal(users.Where(u => u != "user-0001"), [.. first.Members, .. second.Members]);
    }

    [Theory]
    [InlineData("""{"add":["user-1",null]}""", 400, ProblemTypes.InvalidField)]
    [InlineData("""{"remove":[null]}""", 400, ProblemTypes.InvalidField)]
    [InlineData("""{"add":[""]}""", 400, ProblemTypes.InvalidField)]
    [InlineData("""{"add":["a\u0000b"]}""", 400, ProblemTypes.InvalidField)]
    [InlineData("""{"add":"user-1"}""", 400, ProblemTypes.Malformed)]
    [InlineData("""{"add":[1]}""", 400, ProblemTypes.Malformed)]
    [InlineData("[]", 400, ProblemTypes.Malformed)]
    [InlineData("{", 400, ProblemTypes.Malformed)]
    [InlineData("", 400, ProblemTypes.Malformed)]
    public async Task A_body_that_is_none_is_refused_and_changes_nothing(string body, int status, string type)
    {
        using var answer = await _http.PostAsync($"{_topic}/members", new StringContent(body), Cancelled);

        await AssertProblemAsync(answer, status, type);
        Assert.Empty((await MembersAsync(_topic)).Members);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_refused_and_changes_nothing(bool chunked)
    {
        var body = JsonSerializer.Serialize(new TopicChange([.. Enumerable.Range(0, 4330).Select(n => $"user-{n}-{new string('x', 230)}")], null), ContractsJson.Default.TopicChange);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_topic}/members") { Content = new StringContent(body) };
        request.Headers.TransferEncodingChunked = chunked;

        // Judged by its length before its body is read, it would be cut off while it is still being sent.
        request.Headers.ExpectContinue = !chunked;

        using var answer = await _http.SendAsync(request, Cancelled);

        await AssertProblemAsync(answer, 413, ProblemTypes.TooLarge);
        Assert.Empty((await MembersAsync(_topic)).Members);
    }

    [Theory]
    [InlineData("%00/members/user-1")]
    [InlineData("news/members/%0A")]
    public async Task A_name_that_is_none_is_refused(string path)
    {
        using var answer = await _http.PutAsync(path, content: null, Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("PUT", "news/members/user-1")]
    [InlineData("DELETE", "news/members/user-1")]
    [InlineData("GET", "news/members")]
    [InlineData("POST", "news/members")]
    public async Task Only_operators_change_or_see_members(string method, string path)
    {
        _http.DefaultRequestHeaders.Clear();
        using (var without = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancelled))
        {
            await AssertProblemAsync(without, 401, ProblemTypes.Unauthorized);
        }

        _http.DefaultRequestHeaders.Add("X-API-Key", Service.ApiKey);
        using var publisher = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancelled);
        await AssertProblemAsync(publisher, 403, ProblemTypes.Forbidden);
    }

    private static Comparer<byte[]> ByBytes { get; } = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private static async Task AssertProblemAsync(HttpResponseMessage answer, int status, string type)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.Equal(type, JsonSerializer.Deserialize(text, ContractsJson.Default.Problem)!.Type);
    }

    private async Task<HttpStatusCode> SendAsync(HttpMethod method, string path)
    {
        using var answer = await _http.SendAsync(new HttpRequestMessage(method, path), Cancelled);
        return answer.StatusCode;
    }

    private async Task<TopicChanged> ChangeAsync(TopicChange change)
    {
        using var answer = await _http.PostAsJsonAsync($"{_topic}/members", change, ContractsJson.Default.TopicChange, Cancelled);
        return (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.TopicChanged, Cancelled))!;
    }

    private async Task<TopicMembers> MembersAsync(string topic, string query = "") =>
        (await _http.GetFromJsonAsync($"{topic}/members{query}", ContractsJson.Default.TopicMembers, Cancelled))!;
}

/// <summary>One server for all of these tests.</summary>
public sealed class TopicServer : IAsyncLifetime
{
    private const string AdminKey = "an operator of the tests";

    private Service _service = null!;

    public async ValueTask InitializeAsync()
    {
        var hash = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)));
        _service = await Service.StartAsync(postgres: null, TestContext.Current.CancellationToken, ("Belfry__Auth__AdminKeys__ops", hash));
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    /// <summary>With an operator's key.</summary>
    public HttpClient Connect()
    {
        var http = new HttpClient { BaseAddress = new Uri(_service.Process.Url, "/v1/topics/"), Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
        return http;
    }
}
