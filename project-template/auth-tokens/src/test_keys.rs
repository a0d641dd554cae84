//! Keys for tests, most of them printed in RFCs and therefore public: PKCS#8 in base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::keys::SigningKey;

/// # Panics
/// If it is no key.
#[must_use]
pub fn key(pkcs8: &str) -> SigningKey {
    SigningKey::from_pkcs8(&der(pkcs8)).expect("a key of an RFC")
}

/// # Panics
/// If it is not in base64.
#[must_use]
pub fn der(pkcs8: &str) -> Vec<u8> {
    STANDARD.decode(pkcs8).expect("base64")
}

/// RFC 8037 appendix A.1.
pub const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

/// RFC 7515 appendix A.3.1.
pub const P256: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/\
    zc4ncPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt";

/// RFC 7515 appendix A.2.1.
pub const RSA: &str = "\
    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXOjS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSX\
    xbbqY913EeZ8dCn5VrD7io8ImtxLaYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNnjuygxmj3\
    AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKj\
    lnAqH2QbgtPr8jkiGUkftoaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHgVFbK5emhAgMBAAEC\
    ggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe\
    46sui395IW/GO+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M/V51gfpRLI9JYanr\
    C4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneuf\
    uBiB4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0KpLttoLhyt3SmqdEf/kgHePDdtzEafpAu\
    +cS191R2JiuoF2yzWXnwFDcqGigp5BNr0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqElMGA\
    g+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7\
    vMVgePsLq6XtON4tB5kP9jAPrq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNwkgMTP1FZ1wKB\
    gAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgw\
    o59dkpN75gJLVds29+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/evpitUf+4JYbLpvNXWcY\
    052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcGyoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+\
    CCoRjaZjOYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd+DlcxyVuuM9s\
    QLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56\
    03k2+ZQwVK0JKSHuLFkuQ3U=";

/// Too short to be used.
pub const RSA_1024: &str = "\
    MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAKbwf9wPrwOR/vO3vG43YhijVfB+2/xZ60QofQQowmALLoAyPoPO\
    CY8VLSjKkoUshRBuMzdb8PpjBz89w2AZuWset30hcxreK878FWgGqrgV2MiIQbyP5Q74Ph7H83CfFCVBByXVkfKiCvnh0eb5pHdO\
    R2OoxUq0pZrh9ZRXgP89AgMBAAECgYEAl4dPl5FI2+XGVLSfPi/ZQ+HmnPCZf7qi2XAi4gaZQJKFt+ljY0I+3Phs0EznqCgb9CkD\
    Jim3V59Rsa6/S9itur0y1Q9nNOu5TEyO4+Narby58pJB1obXItvjbl9B9BIEJkE6C4wRv5vkrFBVIuK7myI/Co7zQiApBFmv0gdp\
    82ECQQDYEeU4xn6WabZVy+HdRJ2Es8LbRm9ymdYD/NkTGs6M1BubMisf+0zLJ4MULKGNi9Om9eDf8Of4U0AEqTzuQR+VAkEAxcpH\
    f2kTKemphrUkorg2ov8p0LdAY/Zhi1S+jIjH7LbjtygJf/UcNA6oMsrOFnxBoUaNAVft4/tWNZmmab6XCQJAd2eEThjbcdHfkpBG\
    NFor1l7k6vqEskczTybW60jgJlE9JEnYLSdZ69bdCDQV3zwLbfPpHrhp6QBQm4LPCjdw9QJAdfxCRjix29Cs9dRctExbG0RG92A5\
    Iug4K9szh7WYPRakI//YGuJmHo+XuiTMZxFcPQ5O0rxXBiZJuNOdN3sfsQJBAKVsXRtCMnZzn3GzSLBboJgzltYa0Dv52D2/KXWh\
    OHcwbTq1lPaLppOhPYju7ttOpI7QRtbpgDr9ePeqdzPpM2o=";

/// Of a curve that is not supported.
pub const P384: &str = "\
    MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBE8Do6IJ3T+3b8El6IByghqCV5eGP4AYBb+qgQ5d0H7rwTuCfltmyv\
    p4jmpsQ5ctChZANiAASKs1KLhF24rpK+Ce/3da1o7a0AQatAC42SiCJrDrVwcFc0/9pyqJ5rce0xzmDlOJ8Gm2gZExMsxeHbhRHj\
    9hM0SIaHWwFuf1NKSafHGwPR+hob9YxD0hStWbsl0UN7KY4=";

/// Of a curve that is not supported.
pub const ED448: &str =
    "MEcCAQAwBQYDK2VxBDsEOd/7Vmo8E98E9GKujqQJzFV5rqwA6+xrkioY9NuAxBrdfCxOaDfr15RSmyc91zfUPKdKQRRFw2AmCA==";
