namespace Belfry.Servers;

/// <summary>A server's programs are not installed on this machine; the message says which, and how to get them.</summary>
public sealed class MissingPartException(string part, string remedy) : Exception($"{part} is missing: {remedy}")
{
    /// <summary>What was looked for, such as <c>PostgreSQL</c>.</summary>
    public string Part { get; } = part;
}
