//! Second factors that accounts bring from elsewhere.

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use uuid::Uuid;

use super::secret::Secret;
use super::{recovery, store, totp};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes;
use crate::db::Tx;

/// Bytes of a secret: fewer can be guessed, and no app has more.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 10..=64;

/// A second factor as another system has it.
pub(crate) struct Imported {
    secret: zeroize::Zeroizing<Vec<u8>>,
    pub(crate) recovery_codes: Vec<SecretString>,
    pub(crate) created_at: Option<OffsetDateTime>,
    pub(crate) last_used_at: Option<OffsetDateTime>,
}

impl Imported {
    /// The secret of an authenticator app, in Base32. None if it is not one that apps and this server take.
    pub(crate) fn of(secret: &str) -> Option<Self> {
        let secret = totp::from_base32(secret).filter(|secret| SECRET_BYTES.contains(&secret.len()))?;
        Some(Self { secret: secret.into(), recovery_codes: Vec::new(), created_at: None, last_used_at: None })
    }
}

/// The unused recovery codes that allauth derives from a seed: bit `n` of `used` says that the code `n` was used.
pub(crate) fn of_seed(seed: &str, used: u64) -> Vec<SecretString> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed.as_bytes()));
    let mut codes = Vec::new();
    for number in 0..recovery::CODES {
        context.update(format!("{number:3},").as_bytes());
        let mut part = [0; 4];
        part.copy_from_slice(&context.clone().sign().as_ref()[..4]);
        let code = u32::from_be_bytes(part) % 10_u32.pow(recovery::DIGITS);
        if used >> number & 1 == 0 {
            codes.push(format!("{code:0width$}", width = recovery::DIGITS as usize).into());
        }
    }
    codes
}

/// A recovery code of another system, if it has the form of ours.
pub(crate) fn recovery_code(text: &str) -> Option<SecretString> {
    codes::typed_digits(recovery::DIGITS, &text.into())
}

/// Stores an imported second factor with a new account: a proven one, if the account's address is. Its owner is not
/// notified: it is the one they had.
pub(crate) async fn import(
    auth: &Auth,
    tx: &mut Tx,
    (user, proven): (Uuid, bool),
    imported: &Imported,
) -> sqlx::Result<()> {
    let now = auth.now();
    let secret = Secret::of(&imported.secret);
    let (sealed, sealed_by) = secret.seal(&auth.tokens(), user, now);
    // A code that was used there does not count again here.
    let used_step = imported.last_used_at.map_or(0, |used| totp::step_at(used) + 1);
    let created_at = imported.created_at.unwrap_or(now);
    store::insert(tx, (user, proven), (&sealed, &sealed_by), used_step, created_at).await?;
    let mut macs: Vec<_> = imported.recovery_codes.iter().map(|code| secret.mac(code.expose_secret())).collect();
    macs.sort_unstable();
    macs.dedup();
    store::set_recovery_codes(tx, user, &macs).await?;
    auth.audit().write(tx, Event::of_id(Kind::SecondFactorAdded, user).because(Reason::Command)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_of_a_seed_are_those_of_allauth() {
        let texts = |codes: Vec<SecretString>| -> Vec<String> {
            codes.iter().map(|code| code.expose_secret().to_owned()).collect()
        };
        let seed = "0123456789abcdef".repeat(5);
        // Made by django-allauth 65.22.1.
        let all = [
            "64942586", "03959085", "07990366", "16418492", "08962862", "26762693", "03257366", "85808163", "85026242",
            "60612046",
        ];
        assert_eq!(texts(of_seed(&seed, 0)), all);
        let left = texts(of_seed(&seed, 0b10_0000_0101));
        assert_eq!(left, [all[1], all[3], all[4], all[5], all[6], all[7], all[8]]);
    }

    #[test]
    fn a_secret_is_base32_of_a_sensible_length() {
        assert!(Imported::of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").is_some());
        assert!(Imported::of("gezd gnbv gy3t qojq").is_some(), "as people write it down");
        assert!(Imported::of("GEZDGNBVGY3TQOJQGE======").is_some());
        for text in ["", "MY", "gAAAAABnZW5lcmF0ZWQ-b3RoZXI", "GEZDGNBVGY3TQOJ1", &"A".repeat(200)] {
            assert!(Imported::of(text).is_none(), "{text}");
        }
    }
}
