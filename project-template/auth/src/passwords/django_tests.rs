//! Hashes that Django 5.2 made, hostile ones, and what they cost.

use crate::passwords::{HashSettings, Hasher, Verdict, comparable};

fn is_comparable(hash: &str) -> bool {
    comparable(hash).is_some()
}

/// "correct horse", at the lowest cost each method takes.
const CHEAP: &[(&str, &str)] = &[
    ("pbkdf2_sha256", "pbkdf2_sha256$1$UgTEBQAaqtdqUVzZWJ9Bl5$T9Ismjr83H+kJYYEks6oFzAHDOr8xegFJ+B4m1FKJ6E="),
    ("pbkdf2_sha1", "pbkdf2_sha1$1$k6za9rog9EO8pY46WIA5Ug$Cytfc6P+s8/U6jSfQxOs4FD1dPw="),
    (
        "argon2",
        "argon2$argon2id$v=19$m=16,t=1,p=2$aFoxQ1k2dVB3NXI0SWZaSlZkN1g1OQ$jDc3kjGJ1h7VKHBdjSQ05uEYMXbHK7r2TVEO4xBIZ/0",
    ),
    ("bcrypt_sha256", "bcrypt_sha256$$2b$04$K8KGqxjtVxRFxGbTrFA4W.Iw8n2tjzHDe4SoALrI4hbYRCZBD/GLC"),
    ("bcrypt", "bcrypt$$2b$04$5x.R8XxL6sfkC3.f4ez1hOA34sVndM72Sw5fU8ZhyOY9f4DH57wXa"),
    (
        "scrypt",
        "scrypt$16$8au4ohrAHeieuMHCfzGsGf$8$5$82dzN9u9xWknQdA5tkluS3MSCEg6m8D0RQhMS1Nc74rNj/SnjHQGxVLUPBeqpNnR8OPoV/p/vTXOxXSOm3zdAw==",
    ),
];

fn hasher() -> Hasher {
    Hasher::new(HashSettings {
        memory_kib: 8,
        iterations: 1,
        parallelism: 1,
        workers: 1,
        queue: 8,
        wait: std::time::Duration::from_mins(1),
    })
    .expect("settings within bounds")
}

async fn verify(password: &str, stored: &str) -> Verdict {
    hasher().verify(password.into(), Some(stored.into())).await.expect("a verdict")
}

#[tokio::test]
async fn the_password_of_each_kind_of_hash_is_right_but_outdated_and_another_is_wrong() {
    for (kind, stored) in CHEAP {
        assert_eq!(verify("correct horse", stored).await, Verdict::RightButOutdated, "{kind}");
        for wrong in ["Correct horse", "correct horse ", "correct hors", ""] {
            assert_eq!(verify(wrong, stored).await, Verdict::Wrong, "{kind} {wrong}");
        }
    }
}

#[tokio::test]
async fn the_password_is_compared_as_it_comes_and_then_composed() {
    let (composed, decomposed) = ("Gr\u{fc}\u{df}e aus Z\u{fc}rich", "Gru\u{308}\u{df}e aus Zu\u{308}rich");
    let of_decomposed = "pbkdf2_sha256$1$yE28POHZCjlgD4VjiYQVoa$t7x033f8npjMYJg7B/LqTmMDLg/3BV47y+g44pk3ICo=";
    let of_composed = "pbkdf2_sha256$1$ccnEHDZx5fwR4AksAG7vHG$YliwiZOfDWG66MEV14pWvdu8KVUeKa4MHViKHn3JMzI=";
    assert_eq!(verify(decomposed, of_decomposed).await, Verdict::RightButOutdated, "as it came");
    assert_eq!(verify(decomposed, of_composed).await, Verdict::RightButOutdated, "composed");
    assert_eq!(verify(composed, of_composed).await, Verdict::RightButOutdated);
    assert_eq!(verify(composed, of_decomposed).await, Verdict::Wrong, "it cannot be told how it was typed");
}

#[tokio::test]
async fn bcrypt_lets_in_no_other_ending_of_a_long_password() {
    let long = "x".repeat(100);
    let [cut, whole] = [
        "bcrypt$$2b$04$FwNL.ixgNAxPWi2HxLQ6zOU8oPGPLwCB6yuO2JlwJN45R62YdkCNy",
        "bcrypt_sha256$$2b$04$uGS2RPNLun1bLJkXqY6pceRbuzXwzoxqXEFodADdNyxHhCtYmK/ia",
    ];
    assert_eq!(verify(&long, cut).await, Verdict::Wrong, "made of the first 72 bytes");
    assert_eq!(verify(&long, whole).await, Verdict::RightButOutdated);
    assert_eq!(verify(&format!("{}y", &long[1..]), whole).await, Verdict::Wrong);
}

#[test]
fn what_costs_too_much_or_is_malformed_is_no_hash() {
    for (_, stored) in CHEAP {
        assert!(is_comparable(stored), "{stored}");
        assert!(!is_comparable(&format!("{stored}$")), "{stored}");
        // A hash of argon2 may have any length.
        assert!(stored.starts_with("argon2") || !is_comparable(&stored[..stored.len() - 4]), "cut: {stored}");
    }
    let (sha, scrypt) = (format!("{}=", "A".repeat(43)), format!("{}==", "A".repeat(86)));
    assert!(is_comparable(&format!("pbkdf2_sha256$3000000$salt${sha}")));
    assert!(is_comparable(&format!("scrypt$262144$salt$8$2${scrypt}")));
    for stored in [
        format!("pbkdf2_sha256$3000001$salt${sha}"),
        format!("pbkdf2_sha256$0$salt${sha}"),
        format!("pbkdf2_sha256$-1$salt${sha}"),
        format!("pbkdf2_sha512$1$salt${sha}"),
        format!("pbkdf2_sha256$1${sha}"),
        "pbkdf2_sha256$1$salt$".to_owned(),
        "bcrypt$$2b$16$POc4XaeFwTE7cwgGCrvcPOoD47SOdHJnyFBXcscKRuHzUa1wl/nUC".to_owned(),
        "bcrypt$$2b$31$POc4XaeFwTE7cwgGCrvcPOoD47SOdHJnyFBXcscKRuHzUa1wl/nUC".to_owned(),
        "bcrypt$$2b$03$POc4XaeFwTE7cwgGCrvcPOoD47SOdHJnyFBXcscKRuHzUa1wl/nUC".to_owned(),
        "bcrypt$$2x$12$POc4XaeFwTE7cwgGCrvcPOoD47SOdHJnyFBXcscKRuHzUa1wl/nUC".to_owned(),
        "bcrypt_sha256$$2b$12$".to_owned(),
        format!("scrypt$524288$salt$8$1${scrypt}"),
        format!("scrypt$262144$salt$9$1${scrypt}"),
        format!("scrypt$16384$salt$8$33${scrypt}"),
        format!("scrypt$16383$salt$8$1${scrypt}"),
        format!("scrypt$0$salt$8$1${scrypt}"),
        format!("scrypt$2$salt$0$1${scrypt}"),
        format!("scrypt$18446744073709551615$salt$4294967295$4294967295${scrypt}"),
        "argon2$argon2id$v=19$m=262145,t=1,p=1$c2l4dGVlbiBieXRlcy4uLg$AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "argon2$2b$12$POc4XaeFwTE7cwgGCrvcPOoD47SOdHJnyFBXcscKRuHzUa1wl/nUC".to_owned(),
        "md5$salt$d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        "!jRkVsA0wbZDMFSQ9nEuAKgeDDNKQF5zqkzUh3Ksl".to_owned(),
        "$".to_owned(),
    ] {
        assert!(!is_comparable(&stored), "{stored}");
    }
}
