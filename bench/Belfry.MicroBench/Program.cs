using System.CommandLine;
using Belfry.MicroBench;
using Belfry.MicroBench.Work;

var root = new RootCommand("Measures single parts of Belfry in process.")
{
    AppendCommand.Create(), TasksCommand.Create(), TortureCommand.Create(), MetricsCommand.Create(), PresenceCommand.Create(), CompressCommand.Create(),
    HeadsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
