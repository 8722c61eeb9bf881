using System.Security.Cryptography;
using System.Text;
using Belfry.Work.Webhooks;

namespace Belfry.Tests.Work.Webhooks;

public sealed class WebhookSecretTests
{
    /// <summary>The example with which the libraries of Standard Webhooks test themselves.</summary>
    [Fact]
    public void A_known_message_has_the_known_signature()
    {
        Assert.True(WebhookSecret.TryParse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var secret));

        var signature = secret.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8);

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Fact]
    public void A_secret_has_24_to_64_bytes()
    {
        for (var length = 0; length < 100; length++)
        {
            var text = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(length));
            Assert.Equal(length is >= 24 and <= 64, WebhookSecret.TryParse(text, out _));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_not base64 at all, but long enough for it")]
    public void Anything_else_is_none(string text) => Assert.False(WebhookSecret.TryParse(text, out _));

    [Fact]
    public void It_says_nothing_of_itself()
    {
        var text = "whsec_" + Convert.ToBase64String(Encoding.UTF8.GetBytes("a secret that is long enough"));
        Assert.True(WebhookSecret.TryParse(text, out var secret));

        Assert.Equal(typeof(WebhookSecret).FullName, secret.ToString());
    }
}
