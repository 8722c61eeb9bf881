using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Belfry.Hosting.Listeners;
using Belfry.Settings;

namespace Belfry.Hosting;

/// <summary>The admin listener, which has nothing in common with the public one but the process.</summary>
[SettingsSection("Belfry:Admin")]
internal sealed class AdminOptions : IValidatableObject
{
    [Description("Where metrics, dashboard and debug endpoints are; several with ';'. Beyond loopback they need an admin key. Flag --admin-urls.")]
    public string Urls { get; set; } = "http://127.0.0.1:6060";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenUrl.FindError(Urls) is { } wrong) yield return new ValidationResult(wrong, [nameof(Urls)]);
    }
}
