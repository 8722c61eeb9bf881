using Belfry.Hosting.Commands;

return await CommandLine.RunAsync(
    args,
    new ServeCommand());
