using Belfry.Hosting.Commands;

return await CommandLine.RunAsync(
    args,
    new ServeCommand(),
    new TokenCommand(),
    new ConfigCommand(),
    new ListenCommand(),
    new ProduceCommand());
