using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Belfry.Hosting.Auth;

/// <summary>Signs users' tokens with the configured secret, with what the server would look for in them.</summary>
internal sealed class TokenMaker
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials;
    private readonly AuthOptions _auth;
    private readonly TimeProvider _time;

    public TokenMaker(AuthOptions auth, TimeProvider time)
    {
        _auth = auth;
        _time = time;
        var secret = auth.Secret ?? throw new ArgumentException("There is no secret to sign with.", nameof(auth));
        _credentials = new SigningCredentials(UserTokens.KeyOf(secret), SecurityAlgorithms.HmacSha256);
    }

    public string Make(string user, TimeSpan lifetime)
    {
        var now = _time.GetUtcNow();
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = user },
            IssuedAt = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            Issuer = _auth.Issuer,
            Audience = _auth.Audience,
            SigningCredentials = _credentials,
        });
    }
}
