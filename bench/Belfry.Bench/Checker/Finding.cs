namespace Belfry.Bench.Checker;

/// <summary>What can be wrong with what was delivered.</summary>
internal enum FindingKind
{
    /// <summary>Acknowledged or stored, and not received by a stream of its user that was open for it; or acknowledged and not stored.</summary>
    Lost,

    /// <summary>Received twice by one stream, or stored twice.</summary>
    Duplicate,

    /// <summary><c>prev</c> is not what the stream had before, or a mailbox's seqs are not 1, 2, 3, …</summary>
    Gap,

    /// <summary>A smaller seq after a greater one, or two events of one user and priority not in the order of publishing.</summary>
    Disorder,

    /// <summary>Received by somebody whose it is not, or not an event of this run at all.</summary>
    Foreign,

    /// <summary>Received, and not in the store.</summary>
    Phantom,

    /// <summary>Not taken by the way in, though nothing is wrong with it.</summary>
    Refused,

    /// <summary>The server did not know a cursor that it had given.</summary>
    Reset,
}

/// <summary>One thing that is wrong: which user, and which of his events.</summary>
internal sealed record Finding(FindingKind Kind, int User)
{
    /// <summary>The how manyth event of the user; 0 where that is unknown.</summary>
    public int Number { get; init; }

    /// <summary>Its seq; 0 where there is none.</summary>
    public long Seq { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>One line for a person.</summary>
    public string Describe(UserSet users)
    {
        var number = Number > 0 ? $" event {Number}" : "";
        var seq = Seq > 0 ? $" seq {Seq}" : "";
        var detail = Detail.Length > 0 ? $": {Detail}" : "";
        return $"{Kind.ToString().ToLowerInvariant()}: {users.NameOf(User)}{number}{seq}{detail}";
    }
}
