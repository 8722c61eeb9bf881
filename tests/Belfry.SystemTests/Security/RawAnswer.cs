using System.Text.Json;
using Xunit;

namespace Belfry.SystemTests.Security;

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    private static readonly int[] Refusals = [400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 429, 431, 501, 503, 505];

    /// <summary>What would tell a stranger how we are made.</summary>
    private static readonly string[] Inside = ["Exception", "   at ", ".cs:", "System.", "Microsoft.", "Npgsql", "SQLite", "/src/", "/tmp/", "belfry-data"];

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Whether the connection ends with this answer.</summary>
    public bool Ends => HeaderOf("Connection") == "close";

    public string? HeaderOf(string name) => Head.Split("\r\n").Skip(1)
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();

    /// <summary>Demands a success, or a refusal that fits, is a problem, and says nothing of the inside.</summary>
    public void DemandFit()
    {
        Assert.DoesNotContain(Inside, word => Body.Contains(word, StringComparison.Ordinal) || Head.Contains(word, StringComparison.Ordinal));
        if (IsSuccess) return;

        Assert.Contains(Status, Refusals);
        // What Kestrel itself cannot read has no body, and the connection ends.
        if (Body.Length == 0 && Ends) return;

        Assert.Equal("application/problem+json", HeaderOf("Content-Type"));
        var problem = JsonDocument.Parse(Body).RootElement;
        Assert.Equal(Status, problem.GetProperty("status").GetInt32());
        Assert.StartsWith("urn:belfry:problem:", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", problem.GetProperty("title").GetString());
    }
}
