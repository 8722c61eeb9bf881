using System.Text.RegularExpressions;

namespace Belfry.Tests.Architecture;

/// <summary>Holds the house in shape: its folders are the way of an event, and none may reach for one that it should not know.</summary>
public sealed class WhoMayUseWhomTests
{
    /// <summary>Anyone may use these.</summary>
    private static readonly string[] Neutral = ["Contracts", "Settings", "Http"];

    /// <summary>Each feature, and the features that it may use beside itself and the neutral ones.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Settings"] = [],
        ["Http"] = [],
        ["Mailboxes"] = [],
        ["Cluster"] = ["Mailboxes"],
        ["Ingest"] = ["Mailboxes", "Work", "Cluster"],
        ["Streaming"] = ["Mailboxes", "Cluster"],
        ["Inbox"] = ["Mailboxes"],
        ["Work"] = ["Mailboxes", "Cluster"],
        ["Dashboard"] = ["Mailboxes", "Streaming", "Inbox", "Work", "Cluster"],
        ["Hosting"] = ["Mailboxes", "Ingest", "Streaming", "Inbox", "Work", "Cluster", "Dashboard"],
        [""] = ["Hosting"],
    };

    /// <summary>What only some places may do: the sign of it, and the places.</summary>
    private static readonly (string What, Regex Sign, string[] Places)[] Kept =
    [
        ("SQL", new Regex(@"\bSELECT\s|\bINSERT\s+INTO\b|\bDELETE\s+FROM\b|\bUPDATE\s+\S+\s+(AS\s+\w+\s+)?SET\b|\b(CREATE|ALTER|DROP)\s+TABLE\b"),
            ["Mailboxes/", "Inbox/", "Work/", "Cluster/Postgres/"]),
        ("Confluent types", new Regex(@"\bConfluent\."), ["Ingest/Kafka/", "Hosting/Producers/"]),
        ("HttpContext", new Regex(@"\bHttpContext\b"), ["Hosting/", "Http/", "Ingest/Http/", "Endpoint.cs", "Endpoints.cs", "Services.cs"]),
    ];

    [Fact]
    public void Every_folder_has_its_place_in_the_table() =>
        Assert.Empty(SourceFile.ReadService().Select(f => f.Feature).Distinct().Except(Allowed.Keys));

    [Fact]
    public void No_feature_uses_one_that_it_should_not_know() => Assert.Empty(FindForbiddenUses(SourceFile.ReadService()));

    [Fact]
    public void What_some_places_keep_to_themselves_is_nowhere_else() => Assert.Empty(FindStrays(SourceFile.ReadService()));

    [Theory]
    [InlineData("Streaming/Hub.cs", "using Belfry.Ingest.Events;")]
    [InlineData("Mailboxes/Lane.cs", "class A { Belfry.Streaming.Hub hub; }")]
    [InlineData("Ingest/Batch.cs", "class A { void B() => Streaming.Hub.Wake(); }")]
    [InlineData("Work/Task.cs", "using static Belfry.Hosting.BuildInfo;")]
    [InlineData("Settings/Setting.cs", "using Lanes = Belfry.Mailboxes.Lanes;")]
    public void A_forbidden_use_is_found_however_it_is_written(string path, string code) =>
        Assert.Single(FindForbiddenUses([SourceFile.Of(path, code)]));

    [Theory]
    [InlineData("Streaming/Hub.cs", "using Belfry.Mailboxes.Lanes; // never Belfry.Ingest")]
    [InlineData("Ingest/Door.cs", "using System.Net.Http.Headers; using Microsoft.Extensions.Hosting;")]
    [InlineData("Hosting/Host.cs", "using Belfry.Streaming;")]
    public void An_allowed_use_is_not(string path, string code) => Assert.Empty(FindForbiddenUses([SourceFile.Of(path, code)]));

    [Theory]
    [InlineData("Streaming/Hub.cs", "const string Sql = \"SELECT seq FROM belfry.notifications\";")]
    [InlineData("Ingest/Http/Door.cs", "using Confluent.Kafka;")]
    [InlineData("Streaming/Subscription.cs", "class A(HttpContext http);")]
    public void A_stray_is_found(string path, string code) => Assert.Single(FindStrays([SourceFile.Of(path, code)]));

    private static IEnumerable<string> FindForbiddenUses(IEnumerable<SourceFile> files) =>
        from file in files
        let allowed = Allowed.GetValueOrDefault(file.Feature, []).Append(file.Feature)
        from other in Allowed.Keys.Except(allowed).Except(Neutral).Where(name => name.Length > 0)
        where Regex.IsMatch(file.Code, $@"\bBelfry\.{other}\b|(?<![\w.]){other}\.(?=[A-Z])")
        select $"{file.Path} uses {other}";

    private static IEnumerable<string> FindStrays(IEnumerable<SourceFile> files) =>
        from file in files
        from kept in Kept
        where kept.Sign.IsMatch(file.Code) && !kept.Places.Any(place => file.Path.StartsWith(place, StringComparison.Ordinal) || file.Path.EndsWith(place, StringComparison.Ordinal))
        select $"{file.Path} has {kept.What}";
}
