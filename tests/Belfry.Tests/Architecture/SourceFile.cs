using System.Text.RegularExpressions;

namespace Belfry.Tests.Architecture;

/// <summary>One file of the service: where it stands, and its code without comments.</summary>
internal sealed partial record SourceFile(string Path, string Code)
{
    /// <summary>The folder right below the project; empty for Program.cs.</summary>
    public string Feature => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.IndexOf('/', StringComparison.Ordinal)] : "";

    public static SourceFile Of(string path, string text) => new(path, Comment.Replace(text, ""));

    /// <summary>Every file of src/Belfry.</summary>
    public static IReadOnlyList<SourceFile> ReadService()
    {
        var root = System.IO.Path.Combine(Repository.Root, "src", "Belfry");
        return
        [
            .. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Select(file => Of(System.IO.Path.GetRelativePath(root, file).Replace('\\', '/'), File.ReadAllText(file))),
        ];
    }

    // A "//" inside a string is an address; it takes the rest of that line away, in which no type is named.
    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment { get; }
}
