using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Belfry.Settings;

/// <summary>One property of an options class: its key, how it is read and checked, and how it is shown. Immutable.</summary>
internal sealed class Setting
{
    private readonly PropertyInfo _property;
    private readonly Type _type;

    public Setting(string sectionPath, PropertyInfo property, object? defaultValue)
    {
        _property = property;
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        Key = $"{sectionPath}:{property.Name}";
        Default = defaultValue;
        IsSecret = property.IsDefined(typeof(SecretAttribute));
        Original = property.GetCustomAttribute<OriginalAttribute>();
        Effect = property.GetCustomAttribute<DescriptionAttribute>()?.Description
            ?? throw new InvalidOperationException($"{Key} has no [Description].");
        IsMap = _type.IsAssignableTo(typeof(IEnumerable<KeyValuePair<string, string>>));
        IsList = !IsMap && _type != typeof(string) && _type.IsAssignableTo(typeof(IEnumerable));
    }

    public string Key { get; }

    public string Effect { get; }

    public object? Default { get; }

    public bool IsSecret { get; }

    /// <summary>Has entries below it, numbered: <c>Key__0</c>.</summary>
    public bool IsList { get; }

    /// <summary>Has entries below it, named: <c>Key__name</c>.</summary>
    public bool IsMap { get; }

    public OriginalAttribute? Original { get; }

    public string Type => _type switch
    {
        _ when IsMap => "named texts",
        _ when IsList => "list",
        { IsEnum: true } => string.Join('|', Enum.GetNames(_type)).ToLowerInvariant(),
        _ when _type == typeof(TimeSpan) => "duration",
        _ when _type == typeof(bool) => "true|false",
        _ when _type == typeof(string) => "text",
        _ when _type == typeof(double) || _type == typeof(decimal) => "number",
        _ => "integer",
    };

    /// <summary>The allowed range, where there is one.</summary>
    public string? Range => _property.GetCustomAttribute<RangeAttribute>() is { } range
        ? $"{ShowBound(range, range.Minimum)} to {ShowBound(range, range.Maximum)}"
        : null;

    /// <summary>Puts the configured value, if there is one, into <paramref name="options"/>; the answer is what is wrong with it.</summary>
    public IEnumerable<SettingError> Apply(IConfiguration configuration, object options)
    {
        var section = configuration.GetSection(Key);
        if (!section.Exists()) return [];
        if ((IsList || IsMap) && !string.IsNullOrEmpty(section.Value))
        {
            var entry = IsList ? "0" : "<name>";
            return [new SettingError(Key, $"has one entry for each value: set {SettingError.EnvironmentName(Key)}__{entry}")];
        }

        if (!TryRead(section, out var value)) return [new SettingError(Key, $"'{section.Value}' is not {Expected}")];

        _property.SetValue(options, value);
        return _property.GetCustomAttributes<ValidationAttribute>()
            .Where(rule => rule.GetValidationResult(value, new ValidationContext(options) { MemberName = _property.Name }) is not null)
            .Select(rule => new SettingError(Key, Explain(rule, value)));
    }

    public object? ValueOf(object options) => _property.GetValue(options);

    /// <summary>A value as a person reads it; never a secret.</summary>
    public string Show(object? value) => value switch
    {
        null => "",
        _ when IsMap => string.Join(", ", ((IEnumerable<KeyValuePair<string, string>>)value)
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key}={(IsSecret || SecretMask.IsSecretName(entry.Key) ? SecretMask.Mask : entry.Value)}")),
        string text when IsSecret => SecretMask.Apply(text),
        _ when IsSecret => SecretMask.Mask,
        TimeSpan duration => Duration.Format(duration),
        bool flag => flag ? "true" : "false",
        Enum => value.ToString()!.ToLowerInvariant(),
        string text => text,
        IEnumerable list => string.Join(", ", list.Cast<object>()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private string Expected => _type switch
    {
        _ when _type == typeof(TimeSpan) => $"a duration: write for example {Duration.Form}",
        { IsEnum: true } => $"one of {Type}",
        _ when _type == typeof(bool) => "true or false",
        _ when Type == "number" => "a number",
        _ => "a whole number in range",
    };

    private bool TryRead(IConfigurationSection section, out object? value)
    {
        if (_type == typeof(TimeSpan))
        {
            var parsed = Duration.TryParse(section.Value, out var duration);
            value = duration;
            return parsed;
        }

        try
        {
            value = section.Get(_property.PropertyType);
        }
        catch (InvalidOperationException)
        {
            value = null;
            return false;
        }

        // An enum's converter takes any number.
        return value is not null && (!_type.IsEnum || Enum.IsDefined(_type, value));
    }

    private string Explain(ValidationAttribute rule, object? value) => rule is RangeAttribute
        ? $"{Show(value)} is out of range, which is {Range}"
        : rule.FormatErrorMessage(_property.Name);

    private static string ShowBound(RangeAttribute range, object bound) => range.OperandType == typeof(TimeSpan)
        ? Duration.Format(bound as TimeSpan? ?? TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture))
        : Convert.ToString(bound, CultureInfo.InvariantCulture)!;
}
