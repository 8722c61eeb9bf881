using Belfry.Mailboxes;
using Belfry.Settings;

namespace Belfry.Hosting.Commands;

/// <summary>A command that works on the configured store and ends. It needs no keys: who may run it may read the store anyway.</summary>
internal abstract class StoreCommand(string name, string description, params string[] examples) : BelfryCommand(name, description, examples)
{
    protected static Task<int> UseStoreAsync(Func<IMailboxStore, Task<int>> work) =>
        UseServicesAsync(services => work(services.GetRequiredService<IMailboxStore>()));

    protected static async Task<int> UseServicesAsync(Func<IServiceProvider, Task<int>> work)
    {
        var builder = BelfryHost.CreateBuilder(new HostArguments());
        builder.Logging.AddFilter((_, level) => level >= LogLevel.Warning);
        var errors = SettingsCatalog.Of(builder.Services).Check(builder.Configuration);
        if (errors.Count > 0) throw new CommandException(StartChecks.Describe(errors), CommandLine.WrongUsage);

        await using var app = builder.Build();
        try
        {
            return await work(app.Services);
        }
        catch (StoreUnavailableException e)
        {
            throw new CommandException(e.Message, CommandLine.Failed);
        }
    }
}
