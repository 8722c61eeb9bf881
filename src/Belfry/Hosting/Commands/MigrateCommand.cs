using System.CommandLine;

namespace Belfry.Hosting.Commands;

/// <summary><c>belfry migrate</c>: the schema alone, for those who do not let the server change it.</summary>
internal sealed class MigrateCommand : StoreCommand
{
    public MigrateCommand()
        : base(
            "migrate",
            "Brings the store's schema up to date, as `serve` does when it starts, and ends. Safe beside running servers, and to repeat.",
            "ConnectionStrings__Postgres='Host=db;Username=owner;Database=belfry' belfry migrate")
    {
        SetAction(RunAsync);
    }

    private static Task<int> RunAsync(ParseResult parsed, CancellationToken ct) => UseStoreAsync(async store =>
    {
        await store.OpenAsync(ct);
        await parsed.InvocationConfiguration.Output.WriteLineAsync($"The store is up to date. Its epoch is {store.Epoch}.");
        return CommandLine.Done;
    });
}
