using Belfry.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Belfry.Hosting.Auth;

internal static class AuthServices
{
    public static IServiceCollection AddAuth(this IServiceCollection services)
    {
        services.AddSettings<AuthOptions>();
        services.AddSingleton<OperatorSession>();
        services.AddSingleton<IAuthorizationHandler, SameOriginHandler>();
        services.AddSingleton<IAuthorizationHandler, OperatorHandler>();

        // Not AddAuthentication: it brings data protection, which keeps keys in the account's home and none of our schemes needs.
        services.AddAuthenticationCore();
        services.AddWebEncoders();
        new AuthenticationBuilder(services)
            .AddJwtBearer()
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);

        // Only our settings say how tokens are checked: the package's own reader of Authentication:Schemes goes.
        services.RemoveAll<IConfigureOptions<JwtBearerOptions>>();
        services.AddSingleton<AuthorityKeys>();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, UserTokens>();

        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.User, policy => policy
                .AddAuthenticationSchemes(JwtBearerDefaults.AuthenticationScheme)
                .RequireAuthenticatedUser()
                .AddRequirements(new SameOriginRequirement()))
            .AddPolicy(Policies.Publisher, policy => policy
                .AddAuthenticationSchemes(ApiKeyHandler.SchemeName)
                .RequireClaim(BelfryClaims.Right, Policies.Publisher))
            .AddPolicy(Policies.Operator, policy => policy
                .AddAuthenticationSchemes(ApiKeyHandler.SchemeName)
                .AddRequirements(new OperatorRequirement()));
        return services;
    }
}
