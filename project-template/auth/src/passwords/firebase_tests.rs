use super::*;

/// Published by Firebase with its own implementation, to test others.
const CONFIG: &str = "hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}";
const SALT: &str = "42xEC+ixf3L2lw==";
const HASH: &str = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

fn config(text: &str) -> Result<HashConfig, String> {
    HashConfig::parse(&text.into())
}

#[test]
fn the_hash_that_firebase_publishes_is_of_its_password_and_no_other() {
    let memory = Memory::new(8);
    let noted = config(CONFIG).unwrap().noted(HASH, SALT).unwrap();
    let hash = Firebase::parse(noted.strip_prefix("firebase$").unwrap()).unwrap();
    assert_eq!(hash.is_of(b"user1password", &memory), Some(true));
    assert_eq!(hash.is_of(b"user1passworD", &memory), Some(false));
}

#[test]
fn what_is_stored_has_nothing_of_the_signer_key() {
    let noted = config(CONFIG).unwrap().noted(HASH, SALT).unwrap();
    let stream = STANDARD_NO_PAD.decode(noted.rsplit('$').next().unwrap()).unwrap();
    let (key, hash) = (config(CONFIG).unwrap().signer_key, bytes_of(HASH).unwrap());
    assert_ne!(stream, key[SKIPPED_BYTES..]);
    assert_ne!(stream, hash[SKIPPED_BYTES..], "with which Firebase's export would give the key away");
}

#[test]
fn parameters_are_read_as_the_console_shows_them_and_as_json() {
    let json = CONFIG
        .replace("hash_config {", "{\"hash_config\": {")
        .replace(": SCRYPT", "\": \"SCRYPT\"")
        .replace("  base64_signer_key: ", "\"base64_signer_key\": \"")
        .replace("==,\n  base64", "==\",\n  \"base64")
        .replace("separator: Bw==", "separator\": \"Bw==\"")
        .replace("rounds", "\"rounds\"");
    for text in [CONFIG, &json, &CONFIG.replace(": ", "=").replace(',', "")] {
        let config = config(text).unwrap_or_else(|reason| panic!("{reason}: {text}"));
        assert_eq!((config.rounds, config.mem_cost, config.salt_separator), (8, 14, vec![7]), "{text}");
    }
}

#[test]
fn parameters_that_cannot_be_used_are_named() {
    for (from, to, reason) in [
        ("rounds: 8", "", "no `rounds`"),
        ("mem_cost: 14", "mem_cost: x", "`mem_cost` is not a number"),
        ("mem_cost: 14", "mem_cost: 30", "too costly"),
        ("algorithm: SCRYPT", "algorithm: BCRYPT", "`BCRYPT`"),
        ("jxspr8Ki", "", "not 64 bytes"),
    ] {
        let error = config(&CONFIG.replace(from, to)).err().unwrap();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH"), "{error}");
    }
}
