using System.CommandLine;
using System.Text.Json.Nodes;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry epoch</c>: the name of the store's history, and a new one after a restore that no witness can tell.</summary>
internal sealed class EpochCommand : StoreCommand
{
    private readonly Option<bool> _new = new("--new")
    {
        Description = "Give the store a new epoch: after a dump was restored into the same cluster. Every client is told that its cursor belongs to another history.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON object." };

    public EpochCommand()
        : base("epoch", "Prints the store's epoch, the first part of every cursor.", "belfry epoch", "belfry epoch --new")
    {
        Add(_new);
        Add(_json);
        SetAction(RunAsync);
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken ct) => UseStoreAsync(async store =>
    {
        await store.OpenAsync(ct);
        var before = store.Epoch;
        if (parsed.GetValue(_new)) await store.RenewEpochAsync(ct);

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json)) await output.WriteLineAsync(new JsonObject { ["epoch"] = store.Epoch, ["before"] = before }.ToJsonString());
        else await output.WriteLineAsync(store.Epoch);
        return CommandLine.Done;
    });
}
