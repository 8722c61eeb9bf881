using Belfry.Hosting;
using Belfry.Settings;
using Microsoft.Extensions.Options;

namespace Belfry.Tests.Settings;

/// <summary>How settings are read, and what is said about wrong ones.</summary>
public sealed class SettingsCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ServiceCollection _services = new();

    public SettingsCatalogTests() => _services.AddSettings<ExampleOptions>().AddSettings<ConnectionStrings>().AddSettings<DataOptions>();

    public void Dispose() => _folder.Dispose();

    private ConfigurationManager Configure(params (string Key, string Value)[] environment)
    {
        var configuration = new ConfigurationManager();
        configuration.AddSources(new HostArguments
        {
            WorkingFolder = _folder.Path,
            Environment = environment.ToDictionary(e => e.Key, e => (string?)e.Value),
        });
        return configuration;
    }

    private ExampleOptions Read(ConfigurationManager configuration)
    {
        _services.AddSingleton<IConfiguration>(configuration);
        using var provider = _services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<ExampleOptions>>().Value;
    }

    private List<string> Check(params (string Key, string Value)[] environment) =>
        [.. SettingsCatalog.Of(_services).Check(Configure(environment)).Select(e => e.ToString())];

    [Fact]
    public void Every_form_is_read()
    {
        var read = Read(Configure(
            ("Belfry__Example__Workers", "7"),
            ("Belfry__Example__Pause", "250ms"),
            ("Belfry__Example__Eager", "true"),
            ("Belfry__Example__Day", "friday"),
            ("Belfry__Example__Topics__0", "a"),
            ("Belfry__Example__Topics__1", "b"),
            ("Belfry__Example__Properties__sasl.username", "x"),
            ("Belfry__Example__Limit", "3")));

        Assert.Equal((7, TimeSpan.FromMilliseconds(250), true, DayOfWeek.Friday, 3), (read.Workers, read.Pause, read.Eager, read.Day, read.Limit));
        Assert.Equal(["a", "b"], read.Topics);
        Assert.Equal("x", read.Properties["sasl.username"]);
    }

    [Fact]
    public void What_is_not_set_has_its_default()
    {
        var read = Read(Configure());

        Assert.Equal((10, TimeSpan.FromSeconds(5), null), (read.Workers, read.Pause, read.Limit));
        Assert.Equal(["default-topic"], read.Topics);
    }

    [Fact]
    public void All_errors_come_at_once_and_each_names_its_key()
    {
        var errors = Check(
            ("Belfry__Example__Workers", "many"),
            ("Belfry__Example__Pause", "8d"),
            ("Belfry__Example__Eager", "perhaps"),
            ("Belfry__Example__Day", "9"),
            ("Belfry__Example__Limit", ""),
            ("Belfry__Example__Topics", "a,b"),
            ("Belfry__Example__Wrokers", "1"),
            ("Belfry__Nowhere", "1"));

        Assert.Equal(
        [
            "Belfry__Example__Workers: 'many' is not a whole number in range",
            "Belfry__Example__Pause: 8d is out of range, which is 100ms to 7d",
            "Belfry__Example__Eager: 'perhaps' is not true or false",
            "Belfry__Example__Day: '9' is not one of sunday|monday|tuesday|wednesday|thursday|friday|saturday",
            "Belfry__Example__Topics: has one entry for each value: set Belfry__Example__Topics__0",
            "Belfry__Example__Limit: '' is not a whole number in range",
            "Belfry__Example__Wrokers: there is no such setting; did you mean Belfry__Example__Workers?",
            "Belfry__Nowhere: there is no such setting",
        ], errors);
    }

    [Fact]
    public void A_rule_that_concerns_several_settings_is_checked_when_each_can_be_read()
    {
        Assert.Equal(["Belfry__Example__Eager: rests on Sunday"], Check(("Belfry__Example__Eager", "true"), ("Belfry__Example__Day", "Sunday")));
    }

    [Theory]
    [InlineData("Belfry__Example__Pauze", "Belfry__Example__Pause")]
    [InlineData("belfry__example__WORKER", "Belfry__Example__Workers")]
    [InlineData("Belfry__Exmple__Topics__0", "Belfry__Example__Topics")]
    [InlineData("ConnectionStrings__Postgress", "ConnectionStrings__Postgres")]
    public void A_mistyped_key_is_told_what_it_may_mean(string key, string meant) =>
        Assert.Contains($"did you mean {meant}?", Assert.Single(Check((key, "1"))), StringComparison.Ordinal);

    [Fact]
    public void What_belongs_to_others_is_left_alone() =>
        Assert.Empty(Check(("ConnectionStrings__OtherDatabase", "x"), ("Logging__LogLevel__Default", "Debug"), ("BELFRYX__A", "1")));

    [Fact]
    public void Keys_are_the_same_whatever_their_case() =>
        Assert.Equal(3, Read(Configure(("BELFRY__EXAMPLE__WORKERS", "3"))).Workers);

    [Fact]
    public void The_environment_wins_over_the_file_and_flags_win_over_both()
    {
        _folder.Write("appsettings.json", """{ "Belfry": { "Example": { "Workers": 1, "Pause": "1s", "Limit": 1 } } }""");
        var configuration = new ConfigurationManager();
        configuration.AddSources(new HostArguments
        {
            WorkingFolder = _folder.Path,
            Environment = new Dictionary<string, string?> { ["Belfry__Example__Workers"] = "2", ["Belfry__Example__Pause"] = "2s" },
            Flags = new Dictionary<string, string?> { ["Belfry:Example:Workers"] = "3" },
        });

        var read = Read(configuration);

        Assert.Equal((3, TimeSpan.FromSeconds(2), 1), (read.Workers, read.Pause, read.Limit));
    }

    [Fact]
    public void A_secret_may_come_from_a_file_without_the_newline_at_its_end()
    {
        var file = _folder.Write("password", "Password=open sesame\r\n");

        var configuration = Configure(("Belfry__Example__Password_FILE", file), ("ConnectionStrings__Postgres_FILE", file));

        Assert.Empty(SettingsCatalog.Of(_services).Check(configuration));
        Assert.Equal("Password=open sesame", configuration.GetConnectionString("Postgres"));
        Assert.Equal("Password=open sesame", Read(configuration).Password);
    }

    [Fact]
    public void A_secrets_file_that_is_not_there_and_a_secret_that_is_set_twice_are_errors()
    {
        var file = _folder.Write("password", "x");

        var errors = Check(
            ("ConnectionStrings__Postgres_FILE", "/nowhere/secret"),
            ("Belfry__Example__Password_FILE", file),
            ("Belfry__Example__Password", "y"));

        Assert.Equal(2, errors.Count);
        Assert.Contains(errors, e => e.StartsWith("ConnectionStrings__Postgres_FILE: '/nowhere/secret' cannot be read", StringComparison.Ordinal));
        Assert.Contains("Belfry__Example__Password_FILE: Belfry__Example__Password is set too; set one of them", errors);
    }

    [Fact]
    public void A_secrets_file_for_no_setting_is_an_error_too()
    {
        var file = _folder.Write("password", "x");

        Assert.Contains("did you mean Belfry__Example__Password?", Assert.Single(Check(("Belfry__Example__Pasword_FILE", file))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_is_built_without_the_check_gets_the_same_errors()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(Configure(("Belfry__Example__Workers", "0"))));

        Assert.Contains("Belfry__Example__Workers: 0 is out of range, which is 1 to 100", error.Message, StringComparison.Ordinal);
    }
}
