//! Keys printed in RFCs, for tests: PKCS#8 in base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::keys::SigningKey;

pub(crate) fn key(pkcs8: &str) -> SigningKey {
    SigningKey::from_pkcs8(&der(pkcs8)).expect("a key of an RFC")
}

pub(crate) fn der(pkcs8: &str) -> Vec<u8> {
    STANDARD.decode(pkcs8).expect("base64")
}

/// RFC 8037 appendix A.1.
pub(crate) const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

/// RFC 7515 appendix A.3.1.
pub(crate) const P256: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/\
    zc4ncPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt";

/// RFC 7515 appendix A.2.1.
pub(crate) use crate::testing::RSA;

/// Too short to be used.
pub(crate) const RSA_1024: &str = "\
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
pub(crate) const P384: &str = "\
    MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBE8Do6IJ3T+3b8El6IByghqCV5eGP4AYBb+qgQ5d0H7rwTuCfltmyv\
    p4jmpsQ5ctChZANiAASKs1KLhF24rpK+Ce/3da1o7a0AQatAC42SiCJrDrVwcFc0/9pyqJ5rce0xzmDlOJ8Gm2gZExMsxeHbhRHj\
    9hM0SIaHWwFuf1NKSafHGwPR+hob9YxD0hStWbsl0UN7KY4=";

/// Of a curve that is not supported.
pub(crate) const ED448: &str =
    "MEcCAQAwBQYDK2VxBDsEOd/7Vmo8E98E9GKujqQJzFV5rqwA6+xrkioY9NuAxBrdfCxOaDfr15RSmyc91zfUPKdKQRRFw2AmCA==";
