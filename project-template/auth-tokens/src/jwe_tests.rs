//! Foreign, damaged and older tokens; one token that another implementation opened.

use super::*;

/// 32 bytes, as `keys rotate --encryption` prints them.
const NEW: &str = "new:dGCWqcUQ5o0eYbq8_SlTO4HTMjuSbMCzfMDiWGKCCOE";
const OLD: &str = "old:3yzJZ-bD43m5RpuQo-p0hnKDPWZ4P4b3wAoDNcpDu4A";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";

/// [`TOKEN`] under [`NEW`]. jwcrypto 1.6.1, a Python implementation, opened it and read the header that
/// [`the_header_is_exactly_ours`] expects.
const SEALED: &str = "\
    eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoibmV3IiwiY3R5IjoiSldUIn0..aXQnwNYdEcYThpdK.t4vPo7\
    EgODW8jJfMnsM9vvHSfP3p_R609Jyv6tQ2dJ4sPxpG21t4ZneGeHxyZRxikhGZNQ.ehcU4rFlZPmdMU-qR4AKKg";

fn seal(entries: &[&str]) -> Seal {
    Seal::new(&secrets(entries)).expect("usable keys")
}

fn secrets(entries: &[&str]) -> Vec<SecretString> {
    entries.iter().map(|entry| SecretString::from(*entry)).collect()
}

fn problem(entries: &[&str]) -> String {
    let problems = Seal::new(&secrets(entries)).expect_err("an unusable key");
    problems.join("\n")
}

/// A token with any header, sealed properly under the key of [`NEW`].
fn forge(header: &str) -> String {
    let Cover::Sealed(mut key) = Cover::parse(NEW).expect("a key") else { panic!("a key") };
    key.header = URL_SAFE_NO_PAD.encode(header);
    key.seal(TOKEN)
}

#[test]
fn a_token_is_sealed_as_another_implementation_reads_it() {
    assert_eq!(seal(&[NEW]).seal(TOKEN.into()), SEALED);
    assert_eq!(seal(&[NEW]).open(SEALED).as_deref(), Ok(TOKEN));
}

#[test]
fn the_header_is_exactly_ours() {
    let header = URL_SAFE_NO_PAD.decode(SEALED.split('.').next().unwrap()).unwrap();
    assert_eq!(String::from_utf8(header).unwrap(), r#"{"alg":"dir","enc":"A256GCM","kid":"new","cty":"JWT"}"#);
}

#[test]
fn the_newest_key_seals_and_all_open() {
    let before = seal(&[OLD]).seal(TOKEN.into());
    let after = seal(&[NEW, OLD]);
    assert_eq!(after.open(&before).as_deref(), Ok(TOKEN));
    assert_eq!(after.seal(TOKEN.into()), SEALED);
    assert_eq!(seal(&[OLD]).open(SEALED), Err(CannotOpen));
    assert_eq!(after.kids().collect::<Vec<_>>(), ["new", "old"]);
    assert_eq!((after.sealing_kid(), after.has_plain()), (Some("new"), false));
}

#[test]
fn the_word_for_no_key_is_none_of_the_keys() {
    for (entries, sealing) in [([NEW, "plain"], Some("new")), (["plain", NEW], None)] {
        let keys = seal(&entries);
        assert_eq!(keys.kids().collect::<Vec<_>>(), ["new"]);
        assert_eq!((keys.sealing_kid(), keys.has_plain()), (sealing, true));
    }
}

#[test]
fn a_change_of_any_character_is_noticed() {
    let keys = seal(&[NEW]);
    for (place, character) in SEALED.char_indices() {
        let other = if character == 'A' { 'B' } else { 'A' };
        let mut changed = SEALED.to_owned();
        changed.replace_range(place..=place, &other.to_string());
        assert_eq!(keys.open(&changed), Err(CannotOpen), "{changed}");
    }
    for cut in 0..SEALED.len() {
        assert_eq!(keys.open(&SEALED[..cut]), Err(CannotOpen), "{cut}");
    }
    for longer in
        [format!("{SEALED}A"), format!("{SEALED}."), format!("{SEALED}.a"), format!("{SEALED}="), format!(" {SEALED}")]
    {
        assert_eq!(keys.open(&longer), Err(CannotOpen), "{longer}");
    }
}

#[test]
fn the_tag_cannot_be_shortened_by_moving_its_bytes_into_the_text() {
    let [header, _, nonce, text, tag] = SEALED.split('.').collect::<Vec<_>>()[..] else { panic!("five parts") };
    let (mut text, tag) = (URL_SAFE_NO_PAD.decode(text).unwrap(), URL_SAFE_NO_PAD.decode(tag).unwrap());
    text.extend(&tag[..8]);
    let (text, tag) = (URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(&tag[8..]));
    assert_eq!(seal(&[NEW]).open(&format!("{header}..{nonce}.{text}.{tag}")), Err(CannotOpen));
}

#[test]
fn only_our_own_header_is_read_though_the_key_is_right() {
    let keys = seal(&[NEW]);
    assert_eq!(keys.open(&forge(r#"{"alg":"dir","enc":"A256GCM","kid":"new","cty":"JWT"}"#)).as_deref(), Ok(TOKEN));
    for header in [
        r#"{"alg":"dir","enc":"A256GCM","kid":"new"}"#,
        r#"{"alg":"dir","enc":"A256GCM","kid":"new","cty":"JWT","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256GCM","kid":"new","cty":"JWT","crit":["x"],"x":1}"#,
        r#"{"alg":"none","enc":"A256GCM","kid":"new","cty":"JWT"}"#,
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","kid":"new","cty":"JWT","p2c":100000000}"#,
        r#"{"alg":"dir", "enc":"A256GCM","kid":"new","cty":"JWT"}"#,
        r#"{"alg":"dir","enc":"A256GCM","kid":"other","cty":"JWT"}"#,
    ] {
        assert_eq!(keys.open(&forge(header)), Err(CannotOpen), "{header}");
    }
}

#[test]
fn the_nonce_differs_with_the_token_and_with_the_name_of_the_key() {
    let nonce = |sealed: &str| sealed.split('.').nth(2).unwrap().to_owned();
    let renamed = NEW.replace("new:", "renamed:");
    let nonces = [
        nonce(SEALED),
        nonce(&seal(&[NEW]).seal(format!("{TOKEN}A"))),
        nonce(&seal(&[&renamed]).seal(TOKEN.into())),
        nonce(&seal(&[OLD]).seal(TOKEN.into())),
    ];
    let different: std::collections::HashSet<_> = nonces.iter().collect();
    assert_eq!(different.len(), nonces.len());
}

#[test]
fn a_token_that_is_not_sealed_passes_only_where_the_list_says_so() {
    assert_eq!(seal(&[NEW]).open(TOKEN), Err(CannotOpen));
    for entries in [&[][..], &["plain"], &[NEW, "plain"], &["plain", NEW]] {
        assert_eq!(seal(entries).open(TOKEN).as_deref(), Ok(TOKEN), "{entries:?}");
    }
}

#[test]
fn the_word_plain_in_front_only_announces_the_keys_behind_it() {
    let announced = seal(&["plain", NEW]);
    assert_eq!(announced.seal(TOKEN.into()), TOKEN);
    assert_eq!(announced.open(SEALED).as_deref(), Ok(TOKEN));
}

#[test]
fn unusable_keys_are_named_by_their_place_and_never_shown() {
    let short = "short:3yzJZ-bD43m5RpuQo-p0hnKDPWZ4P4b3wAoDNcpD";
    let long = "long:3yzJZ-bD43m5RpuQo-p0hnKDPWZ4P4b3wAoDNcpDu4AAAA";
    let typed = format!("typed:{}", URL_SAFE_NO_PAD.encode([b'a'; 32]));
    let placeholder = "a:change-me-change-me-change-me-change-me-ab";
    for entry in
        ["", "nothing", ":", short, long, &typed, placeholder, &NEW["new:".len()..], "a b:x", &NEW.replace("new", "")]
    {
        let problem = problem(&[OLD, entry]);
        assert!(problem.starts_with("entry 2 "), "{problem}");
        let value = entry.rsplit(':').next().unwrap();
        assert!(value.len() < 8 || !problem.contains(value), "{problem}");
    }
    assert!(problem(&[placeholder]).contains("placeholder"));
    assert!(problem(&[&typed]).contains("random"));
    assert!(problem(&[NEW, NEW]).contains("entry 2 has the name"));
    assert!(problem(&["plain", "plain"]).contains("entry 2 has the name"));
    assert_eq!(problem(&["a", "b"]).lines().count(), 2);
}

#[test]
fn a_new_entry_is_usable_and_another_each_time() {
    let (one, other) = (generate_encryption_key("one").unwrap(), generate_encryption_key("one").unwrap());
    assert_ne!(*one, *other);
    assert_eq!(seal(&[one.as_str()]).kids().collect::<Vec<_>>(), ["one"]);
    assert_eq!(format!("{:?}", seal(&[one.as_str()])), "Seal([one])");
}
