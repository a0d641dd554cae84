//! Authenticator data: the bytes that an authenticator signs (Web Authentication, section 6.1).

use super::cbor::{self, Item};
use super::public_key::PublicKey;

/// Somebody touched the authenticator.
pub(super) const USER_PRESENT: u8 = 1;
/// The authenticator recognized its user, such as by a fingerprint or a PIN.
pub(super) const USER_VERIFIED: u8 = 1 << 2;
/// The credential can be copied to other devices of its owner.
pub(super) const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// It has been.
pub(super) const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// The longest id that a credential may have (Web Authentication, section 4).
const ID_BYTES: usize = 1023;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    /// Whether all of these are set.
    pub(super) fn are(self, flags: u8) -> bool {
        self.0 & flags == flags
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct AuthenticatorData<'a> {
    /// The SHA-256 hash of the site's id.
    pub(super) site: [u8; 32],
    pub(super) flags: Flags,
    /// Signatures so far; 0 where the authenticator does not count.
    pub(super) counter: u32,
    /// A new credential, in the response to a registration.
    pub(super) credential: Option<NewCredential<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewCredential<'a> {
    /// The model of the authenticator (AAGUID), or zeros.
    pub(super) model: [u8; 16],
    pub(super) id: &'a [u8],
    pub(super) key: PublicKey,
    /// `key` as it was written.
    pub(super) cose: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (site, rest) = bytes.split_first_chunk()?;
        let (&[flags], rest) = rest.split_first_chunk()?;
        let (counter, mut rest) = rest.split_first_chunk()?;
        let flags = Flags(flags);
        let mut credential = None;
        if flags.are(HAS_CREDENTIAL) {
            let (found, after) = NewCredential::parse(rest)?;
            (credential, rest) = (Some(found), after);
        }
        if flags.are(HAS_EXTENSIONS) {
            // None is requested. An authenticator may add some unasked; they mean nothing here.
            let (Item::Map(_), after) = cbor::read(rest)? else { return None };
            rest = after;
        }
        // What cannot be copied has no copy (Web Authentication, sections 7.1 and 7.2).
        let is_possible = flags.are(BACKUP_ELIGIBLE) || !flags.are(BACKED_UP);
        let counter = u32::from_be_bytes(*counter);
        (rest.is_empty() && is_possible).then_some(Self { site: *site, flags, counter, credential })
    }
}

impl<'a> NewCredential<'a> {
    fn parse(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (model, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (id, cose) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        if id.is_empty() || id.len() > ID_BYTES {
            return None;
        }
        let (Item::Map(key), rest) = cbor::read(cose)? else { return None };
        let cose = &cose[..cose.len() - rest.len()];
        Some((Self { model: *model, id, key: PublicKey::of(&key)?, cose }, rest))
    }
}
