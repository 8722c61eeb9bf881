using System.Text.RegularExpressions;
using Belfry.Contracts;
using Belfry.Tests.Architecture;
using Belfry.Tests.Hosting;

namespace Belfry.Tests.Docs;

/// <summary>What the documents name is there: files, settings, commands, problems, metrics.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Documents => [.. Files().Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_leads_somewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var broken =
            from Match link in Link.Matches(Read(document))
            let target = link.Groups["target"].Value
            where !target.Contains("://", StringComparison.Ordinal)
            let parts = target.Split('#')
            let path = parts[0].Length == 0 ? Path.Combine(Repository.Root, document) : Path.GetFullPath(Path.Combine(folder, parts[0]))
            where !Path.Exists(path) || (parts.Length > 1 && !AnchorsOf(path).Contains(parts[1]))
            select target;

        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void No_placeholder_is_left(string document) => Assert.DoesNotContain("@@", Read(document), StringComparison.Ordinal);

    [Fact]
    public async Task Every_setting_that_is_named_exists()
    {
        var config = await CommandRun.OfAsync("config");
        var known = Setting.Matches(config.Output).Select(match => match.Value).ToHashSet();

        // A list's or a map's entry, a secret from a file, or the setting itself.
        var unknown = Named(Setting).Where(name => !known.Any(k => name == k || name == k + "_FILE" || name.StartsWith(k + "__", StringComparison.Ordinal)));

        Assert.NotEmpty(known);
        Assert.Empty(unknown);
    }

    [Fact]
    public async Task Every_setting_is_named_in_the_operators_guide()
    {
        var config = await CommandRun.OfAsync("config");
        var guide = Read("docs/operations.md");

        Assert.DoesNotContain(Setting.Matches(config.Output).Select(match => match.Value), name => !guide.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_command_that_is_named_exists()
    {
        var help = await CommandRun.OfAsync("--help");
        var known = CommandInHelp.Matches(help.Output).Select(match => match.Groups["name"].Value).ToHashSet();

        Assert.Contains("serve", known);
        Assert.Empty(Named(CommandInText, "name").Except(known));
    }

    [Fact]
    public void Every_problem_is_explained_in_the_protocol()
    {
        var protocol = Read("docs/protocol.md");
        var types = typeof(ProblemTypes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Select(type => type[(type.LastIndexOf(':') + 1)..]);

        Assert.DoesNotContain(types, type => !protocol.Contains($"`{type}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_metric_that_is_named_exists()
    {
        var code = string.Join('\n', SourceFile.ReadService().Select(file => file.Code));
        var known = Instrument.Matches(code).Select(match => match.Groups["name"].Value.Replace('.', '_')).ToHashSet();

        // The exporter adds units and kinds to the names; a pattern for grep may be the beginning of one.
        string[] unknown = [.. Named(Metric).Where(name => !known.Any(k => name.StartsWith(k, StringComparison.Ordinal) || k.StartsWith(name, StringComparison.Ordinal)))];
        Assert.Empty(unknown);
    }

    private static IEnumerable<string> Files() =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md"),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories),
    ];

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document));

    private static IEnumerable<string> Named(Regex pattern, string? group = null) =>
        Files().SelectMany(file => pattern.Matches(File.ReadAllText(file))).Select(match => group is null ? match.Value : match.Groups[group].Value).Distinct();

    /// <summary>The anchors of a document's headings, as the usual renderers make them.</summary>
    private static HashSet<string> AnchorsOf(string path) =>
    [
        .. Heading.Matches(File.ReadAllText(path))
            .Select(match => NotInAnchors.Replace(match.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')),
    ];

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link { get; }

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading { get; }

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors { get; }

    [GeneratedRegex(@"\bBelfry__\w+[A-Za-z0-9]")]
    private static partial Regex Setting { get; }

    [GeneratedRegex(@"^  (?<name>[a-z]+) +\S", RegexOptions.Multiline)]
    private static partial Regex CommandInHelp { get; }

    [GeneratedRegex(@"(?:`|^)belfry (?<name>[a-z]+)\b", RegexOptions.Multiline)]
    private static partial Regex CommandInText { get; }

    [GeneratedRegex(@"""(?<name>belfry\.[a-z_.]+)""")]
    private static partial Regex Instrument { get; }

    [GeneratedRegex(@"\bbelfry_(?:db|ingest|kafka|mailboxes|streams|webhooks|work)_[a-z_]*[a-z]")]
    private static partial Regex Metric { get; }
}
