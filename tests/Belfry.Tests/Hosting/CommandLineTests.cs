namespace Belfry.Tests.Hosting;

/// <summary>The manners that every command has.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string> Commands => ["serve", "token", "config", "listen", "produce"];

    [Fact]
    public async Task Alone_it_prints_its_help()
    {
        var run = await CommandRun.OfAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("serve", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_a_description_and_an_example(string command)
    {
        var run = await CommandRun.OfAsync(command, "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Example", run.Output, StringComparison.Ordinal);
        Assert.Contains($"belfry {command}", run.Output[run.Output.IndexOf("Example", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sreve")]
    [InlineData("serve --port 80")]
    [InlineData("token")]
    [InlineData("token --sub a --count 3")]
    [InlineData("token --count nine")]
    [InlineData("token --sub a --expires 0")]
    [InlineData("token --sub a --expires tomorrow")]
    [InlineData("listen")]
    [InlineData("listen --token a --since yesterday")]
    [InlineData("listen --token a --url somewhere")]
    [InlineData("produce")]
    [InlineData("produce --url http://127.0.0.1:1")]
    [InlineData("produce --kafka a:1 --url http://127.0.0.1:1 --api-key k")]
    [InlineData("produce --kafka a:1 --property nothing")]
    [InlineData("produce --kafka a:1 --rate 0")]
    public async Task Wrong_usage_is_exit_code_2_and_goes_to_stderr(string line)
    {
        var run = await CommandRun.OfAsync(line.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_exit_code_1()
    {
        var run = await CommandRun.OfAsync("listen", "--url", "http://127.0.0.1:1", "--token", "a");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("http://127.0.0.1:1/ cannot be reached", run.Error, StringComparison.Ordinal);
    }
}
