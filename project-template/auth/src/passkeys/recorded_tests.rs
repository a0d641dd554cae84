//! Against responses of Chromium 156 with its virtual authenticators at `http://localhost:8123`: each algorithm, on one
//! device and synced.

use serde::Deserialize;

use super::authenticator_data::USER_VERIFIED;
use super::verification::{
    self, AuthenticationResponse, Fault, Registered, RegistrationResponse, Site, Stored, Use, registered,
};

#[derive(Deserialize)]
struct Recording {
    algorithm: i64,
    synced: bool,
    registration: RegistrationResponse,
    first: AuthenticationResponse,
    second: AuthenticationResponse,
}

fn recordings() -> Vec<Recording> {
    serde_json::from_str(include_str!("recorded.json")).unwrap()
}

/// The challenges were these bytes: of the registration, and of the first and second use.
fn challenge(number: u8) -> Vec<u8> {
    (0..32_u8).map(|index| index.wrapping_mul(7).wrapping_add(number)).collect()
}

fn site() -> Site {
    Site { id: "localhost".to_owned(), origins: vec!["http://localhost:8123".to_owned()] }
}

fn stored(registered: &Registered) -> Stored<'_> {
    Stored { public_key: &registered.public_key, counter: registered.counter, can_be_synced: registered.can_be_synced }
}

fn passkey(recording: &Recording) -> Registered {
    registered(&site(), &challenge(1), &recording.registration).unwrap()
}

/// Each text that differs from `bytes` in one bit.
fn changed(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, changed)
    })
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

/// As a first factor.
fn used(site: &Site, challenge: &[u8], response: &AuthenticationResponse, stored: &Stored<'_>) -> Result<Use, Fault> {
    verification::used(site, challenge, response, stored, USER_VERIFIED)
}

#[test]
fn a_credential_that_a_browser_registers_signs_in() {
    for recording in recordings() {
        let passkey = passkey(&recording);
        assert_eq!(passkey.id, recording.registration.raw_id.0);
        assert_eq!((passkey.can_be_synced, passkey.is_synced), (recording.synced, recording.synced));
        let stored = stored(&passkey);
        let first = used(&site(), &challenge(2), &recording.first, &stored).unwrap();
        assert!(first.is_synced == recording.synced && first.counter > passkey.counter);
        let stored = Stored { counter: first.counter, ..stored };
        let second = used(&site(), &challenge(3), &recording.second, &stored);
        assert!(second.is_ok_and(|second| second.counter > first.counter), "{}", recording.algorithm);
    }
}

#[test]
fn every_algorithm_was_recorded_and_passkeys_of_one_device_and_synced_ones() {
    let recorded = recordings();
    for algorithm in super::public_key::ALGORITHMS {
        assert!(recorded.iter().any(|recording| recording.algorithm == algorithm), "{algorithm}");
    }
    assert!(recorded.iter().any(|recording| recording.synced) && !recorded.iter().all(|recording| recording.synced));
}

#[test]
fn a_response_for_another_challenge_ceremony_site_or_origin_is_refused() {
    for recording in recordings() {
        let passkey = passkey(&recording);
        let stored = stored(&passkey);
        let of = |site: &Site, challenge: &[u8]| used(site, challenge, &recording.first, &stored);
        assert_eq!(of(&site(), &challenge(3)), Err(Fault::Challenge));
        let elsewhere = |origin: &str| Site { origins: vec![origin.to_owned()], ..site() };
        for origin in ["http://localhost", "https://localhost:8123", "http://localhost:81234", "null", ""] {
            assert_eq!(of(&elsewhere(origin), &challenge(2)), Err(Fault::Origin), "{origin}");
        }
        let another = Site { id: "localhost.example.com".to_owned(), ..site() };
        assert_eq!(of(&another, &challenge(2)), Err(Fault::Site));

        let registration = &recording.registration;
        assert_eq!(registered(&site(), &challenge(2), registration), Err(Fault::Challenge));
        assert_eq!(registered(&another, &challenge(1), registration), Err(Fault::Site));
        let mut swapped: RegistrationResponse = recordings().remove(0).registration;
        swapped.response.client_data = recording.first.response.client_data.clone();
        assert_eq!(registered(&site(), &challenge(2), &swapped), Err(Fault::Ceremony), "an authentication's data");
    }
}

#[test]
fn one_changed_bit_in_anything_that_is_signed_or_in_the_signature_is_refused() {
    for recording in recordings() {
        let passkey = passkey(&recording);
        let stored = stored(&passkey);
        let parts: [fn(&mut AuthenticationResponse) -> &mut Vec<u8>; 3] = [
            |response| &mut response.response.authenticator_data.0,
            |response| &mut response.response.client_data.0,
            |response| &mut response.response.signature.0,
        ];
        let mut response = recording.first;
        for part in parts {
            let whole = part(&mut response).clone();
            let cut = (0..whole.len()).map(|end| whole[..end].to_vec());
            let longer = [[&whole[..], &[0]].concat()];
            for bytes in changed(&whole).map(|(_, bytes)| bytes).chain(cut).chain(longer) {
                *part(&mut response) = bytes;
                assert!(used(&site(), &challenge(2), &response, &stored).is_err());
            }
            *part(&mut response) = whole;
        }
        assert!(used(&site(), &challenge(2), &response, &stored).is_ok());
    }
}

/// Nothing signs a registration without attestation, so a bit that changes only describes another authenticator, which
/// the browser's user could as well have used.
#[test]
fn a_changed_registration_is_refused_unless_it_describes_another_authenticator() {
    for mut recording in recordings() {
        let original = passkey(&recording);
        let whole = recording.registration.response.attestation_object.0.clone();
        // In order: the site's hash, flags, counter, model, the id with its length, the key.
        let site_hash = find(&whole, ring::digest::digest(&ring::digest::SHA256, b"localhost").as_ref());
        let (flags, counter, model) = (site_hash + 32, site_hash + 33, site_hash + 37);
        let id = model + 18;
        let key = find(&whole, &original.public_key);
        assert_eq!((key, key + original.public_key.len()), (id + original.id.len(), whole.len()));
        let format = find(&whole, b"none");
        for (at, bytes) in changed(&whole) {
            recording.registration.response.attestation_object.0 = bytes;
            let outcome = registered(&site(), &challenge(1), &recording.registration);
            let expected = match at {
                // The name of the format is a text, and no more is read of it.
                _ if (format..format + 4).contains(&at) => {
                    assert!(matches!(outcome, Err(Fault::Malformed)) || outcome.as_ref() == Ok(&original), "{at}");
                    continue;
                }
                _ if (site_hash..flags).contains(&at) => Err(Fault::Site),
                _ if (id..key).contains(&at) => Err(Fault::Unknown),
                _ if at == flags => {
                    let Ok(other) = outcome else { continue };
                    let described = (other.can_be_synced, other.is_synced);
                    let is_other = described != (original.can_be_synced, original.is_synced);
                    let reserved = other == original;
                    assert!(is_other || reserved, "{at}");
                    continue;
                }
                _ if (counter..model).contains(&at) => {
                    let other = outcome.unwrap();
                    assert!(other.counter != original.counter);
                    Ok(Registered { counter: other.counter, ..passkey_of(&original) })
                }
                _ if (model..model + 16).contains(&at) => {
                    let other = outcome.unwrap();
                    assert!(other.model != original.model);
                    Ok(Registered { model: other.model, ..passkey_of(&original) })
                }
                _ if at >= key => {
                    // Another key, with which the recorded uses do not verify, or none.
                    let Ok(other) = outcome else { continue };
                    assert!(other.public_key != original.public_key);
                    assert_eq!(other, Registered { public_key: other.public_key.clone(), ..passkey_of(&original) });
                    let later = used(&site(), &challenge(2), &recording.first, &stored(&other));
                    assert_eq!(later, Err(Fault::Signature), "{at}");
                    continue;
                }
                _ => Err(Fault::Malformed),
            };
            assert_eq!(registered(&site(), &challenge(1), &recording.registration), expected, "byte {at}");
        }
        for end in 0..whole.len() {
            recording.registration.response.attestation_object.0 = whole[..end].to_vec();
            let cut = registered(&site(), &challenge(1), &recording.registration);
            assert_eq!(cut, Err(Fault::Malformed), "{end} bytes");
        }
        recording.registration.response.attestation_object.0 = [&whole[..], &[0]].concat();
        assert_eq!(registered(&site(), &challenge(1), &recording.registration), Err(Fault::Malformed));
    }
}

fn passkey_of(registered: &Registered) -> Registered {
    Registered { id: registered.id.clone(), public_key: registered.public_key.clone(), ..*registered }
}

/// Where the flags are in an assertion, and their bits.
const FLAGS: usize = 32;
const USER_PRESENT: u8 = 1;

#[test]
fn a_registration_or_use_without_user_verification_is_refused() {
    for mut recording in recordings() {
        let passkey = passkey(&recording);
        for flag in [USER_PRESENT, USER_VERIFIED] {
            recording.first.response.authenticator_data.0[FLAGS] ^= flag;
            let outcome = used(&site(), &challenge(2), &recording.first, &stored(&passkey));
            assert_eq!(outcome, Err(Fault::NotVerified));
            recording.first.response.authenticator_data.0[FLAGS] ^= flag;
            let object = &mut recording.registration.response.attestation_object.0;
            let at = find(object, ring::digest::digest(&ring::digest::SHA256, b"localhost").as_ref()) + FLAGS;
            object[at] ^= flag;
            assert_eq!(registered(&site(), &challenge(1), &recording.registration), Err(Fault::NotVerified));
            recording.registration.response.attestation_object.0[at] ^= flag;
        }
    }
}

#[test]
fn a_copied_authenticator_is_noticed_by_its_counter() {
    for recording in recordings() {
        let passkey = passkey(&recording);
        let second = used(&site(), &challenge(3), &recording.second, &stored(&passkey)).unwrap();
        for counter in [second.counter, u32::MAX] {
            let stored = Stored { counter, ..stored(&passkey) };
            assert_eq!(used(&site(), &challenge(2), &recording.first, &stored), Err(Fault::Counter));
        }
    }
}

#[test]
fn a_credential_of_one_device_that_says_it_is_synced_is_refused() {
    for recording in recordings() {
        let passkey = passkey(&recording);
        let stored = Stored { can_be_synced: !passkey.can_be_synced, ..stored(&passkey) };
        assert_eq!(used(&site(), &challenge(2), &recording.first, &stored), Err(Fault::SyncChanged));
    }
}

#[test]
fn the_key_of_another_credential_does_not_verify() {
    let recordings = recordings();
    for one in &recordings {
        for other in recordings.iter().filter(|other| other.registration.raw_id != one.registration.raw_id) {
            let passkey = passkey(other);
            assert_eq!(used(&site(), &challenge(2), &one.first, &stored(&passkey)), Err(Fault::Signature));
        }
    }
}

/// The next of a sequence (xorshift64), below `count`.
fn choose(state: &mut u64, count: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap() % count
}

/// The same inputs in every run; another number tries others.
const SEED: u64 = 0x2545_f491_4f6c_dd1d;

#[test]
fn arbitrary_changes_of_a_response_are_refused_or_read_and_never_a_panic() {
    let mut state = SEED;
    for mut recording in recordings() {
        let passkey = passkey(&recording);
        let parts = [
            recording.registration.response.attestation_object.0.clone(),
            recording.first.response.authenticator_data.0.clone(),
            recording.first.response.client_data.0.clone(),
            passkey.public_key.clone(),
        ];
        for round in 0..4_000 {
            let mut bytes = parts[round % parts.len()].clone();
            for _ in 0..=choose(&mut state, 4) {
                let at = choose(&mut state, bytes.len());
                match choose(&mut state, 4) {
                    0 => bytes[at] = u8::try_from(choose(&mut state, 256)).unwrap(),
                    1 => bytes.truncate(at.max(1)),
                    2 => bytes.insert(at, u8::try_from(choose(&mut state, 256)).unwrap()),
                    _ => bytes.extend_from_within(at..),
                }
            }
            match round % parts.len() {
                0 => {
                    recording.registration.response.attestation_object.0 = bytes;
                    if let Ok(read) = registered(&site(), &challenge(1), &recording.registration) {
                        assert_eq!(read.id, passkey.id);
                    }
                }
                1 => {
                    let is_same = bytes == recording.first.response.authenticator_data.0;
                    let whole = std::mem::replace(&mut recording.first.response.authenticator_data.0, bytes);
                    let outcome = used(&site(), &challenge(2), &recording.first, &stored(&passkey));
                    assert_eq!(outcome.is_ok(), is_same);
                    recording.first.response.authenticator_data.0 = whole;
                }
                2 => {
                    let is_same = bytes == recording.first.response.client_data.0;
                    let whole = std::mem::replace(&mut recording.first.response.client_data.0, bytes);
                    let outcome = used(&site(), &challenge(2), &recording.first, &stored(&passkey));
                    assert_eq!(outcome.is_ok(), is_same);
                    recording.first.response.client_data.0 = whole;
                }
                _ => {
                    let is_same = bytes == passkey.public_key;
                    let stored = Stored { public_key: &bytes, ..stored(&passkey) };
                    let outcome = used(&site(), &challenge(2), &recording.first, &stored);
                    assert_eq!(outcome.is_ok(), is_same);
                }
            }
        }
    }
}
