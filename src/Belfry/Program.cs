using Belfry.Hosting.Commands;

return await CommandLine.RunAsync(
    args,
    new ServeCommand(),
    new DemoCommand(),
    new MigrateCommand(),
    new TokenCommand(),
    new ConfigCommand(),
    new EpochCommand(),
    new OffsetsCommand(),
    new DeadLettersCommand(),
    new TraceCommand(),
    new ListenCommand(),
    new ProduceCommand());
