//! Verdicts, floods, abandoned requests and hostile hashes.

use tokio::task::{JoinSet, yield_now};

use super::*;

/// The smallest memory that argon2 accepts: these tests are about everything but the cost.
const CHEAP: HashSettings =
    HashSettings { memory_kib: 8, iterations: 1, parallelism: 1, workers: 2, queue: 64, wait: Duration::from_mins(1) };

fn hasher(settings: HashSettings) -> Hasher {
    Hasher::new(settings).expect("settings within bounds")
}

async fn hash(hasher: &Hasher, password: &str) -> String {
    hasher.hash(password.into()).await.expect("a hash")
}

async fn verify(hasher: &Hasher, password: &str, stored: &str) -> Verdict {
    let verdict = hasher.verify(password.into(), Some(stored.into())).await;
    verdict.expect("a verdict")
}

#[tokio::test]
async fn the_password_is_right_and_another_is_wrong() {
    let hasher = hasher(CHEAP);
    let stored = hash(&hasher, "correct horse").await;
    assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
    assert_eq!(verify(&hasher, "correct horse", &stored).await, Verdict::Right);
    for wrong in ["Correct horse", "correct horse ", " correct horse", "correct hors", ""] {
        assert_eq!(verify(&hasher, wrong, &stored).await, Verdict::Wrong);
    }
    assert_ne!(hash(&hasher, "correct horse").await, stored, "a new salt each time");
}

#[tokio::test]
async fn our_hashes_are_those_of_the_argon2_crate() {
    use argon2::{PasswordHash, PasswordVerifier as _};
    let stored = hash(&hasher(CHEAP), "correct horse").await;
    let parsed = PasswordHash::new(&stored).expect("a PHC string");
    assert!(Argon2::default().verify_password(b"correct horse", &parsed).is_ok());
}

#[tokio::test]
async fn a_password_is_the_same_however_its_accents_are_composed() {
    let hasher = hasher(CHEAP);
    let stored = hash(&hasher, "Gr\u{fc}\u{df}e aus Z\u{fc}rich").await;
    let decomposed = "Gru\u{308}\u{df}e aus Zu\u{308}rich";
    assert_eq!(verify(&hasher, decomposed, &stored).await, Verdict::Right);
    let stored = hash(&hasher, decomposed).await;
    let composed = "Gr\u{fc}\u{df}e aus Z\u{fc}rich";
    assert_eq!(verify(&hasher, composed, &stored).await, Verdict::Right);
    assert_eq!(verify(&hasher, "Gr\u{fc}\u{df}e aus Zurich", &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn a_hash_of_another_cost_is_right_but_outdated() {
    let now = hasher(CHEAP);
    for before in [
        HashSettings { memory_kib: 16, ..CHEAP },
        HashSettings { iterations: 2, ..CHEAP },
        HashSettings { memory_kib: 16, parallelism: 2, ..CHEAP },
    ] {
        let stored = hash(&hasher(before), "correct horse").await;
        assert_eq!(verify(&now, "correct horse", &stored).await, Verdict::RightButOutdated);
        assert_eq!(verify(&now, "wrong horse", &stored).await, Verdict::Wrong);
    }
}

#[tokio::test]
async fn other_variants_and_shorter_salts_are_outdated() {
    use argon2::PasswordHasher as _;
    let params = || Params::new(8, 1, 1, None).expect("small");
    for (algorithm, version, salt) in [
        (Algorithm::Argon2i, Version::V0x13, &b"sixteen bytes.."[..]),
        (Algorithm::Argon2d, Version::V0x13, b"sixteen bytes..."),
        (Algorithm::Argon2id, Version::V0x10, b"sixteen bytes..."),
        (Algorithm::Argon2id, Version::V0x13, b"8 bytes."),
    ] {
        let argon2 = Argon2::new(algorithm, version, params());
        let stored = argon2.hash_password_with_salt(b"correct horse", salt);
        let stored = stored.expect("a hash").to_string();
        let verdict = verify(&hasher(CHEAP), "correct horse", &stored).await;
        assert_eq!(verdict, Verdict::RightButOutdated, "{stored}");
    }
}

#[tokio::test]
async fn an_unknown_user_costs_what_a_known_one_does() {
    let hasher = hasher(CHEAP);
    let verdict = hasher.verify("anything".into(), None).await;
    assert_eq!(verdict.expect("a verdict"), Verdict::Wrong);
    assert_eq!(hasher.shared.memory.made(), 1, "a hash was made");
    let costs = |stored: &str| stored.rsplitn(3, '$').last().map(str::to_owned);
    assert_eq!(costs(&hasher.shared.dummy), costs(&hash(&hasher, "x").await));
}

#[tokio::test]
async fn stored_text_that_is_hostile_or_no_hash_is_wrong_at_the_usual_cost() {
    let salt_and_hash = "c2l4dGVlbiBieXRlcy4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for stored in [
        String::new(),
        "!".to_owned(),
        "correct horse".to_owned(),
        "$argon2id$".to_owned(),
        "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcy4uLg".to_owned(),
        "$argon2x$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcy4uLg$AAAAAAAAAAAAAAAA".to_owned(),
        "$2b$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuuabcdefghijklm".to_owned(),
        format!("$argon2id$v=19$m=262145,t=1,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=4294967295,t=1,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=8,t=11,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=8,t=0,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=1024,t=1,p=9${salt_and_hash}"),
        format!("$argon2id$v=19$m=8,t=1,p=16777215${salt_and_hash}"),
        format!("$argon2id$v=99$m=8,t=1,p=1${salt_and_hash}"),
    ] {
        let hasher = hasher(CHEAP);
        assert_eq!(verify(&hasher, "correct horse", &stored).await, Verdict::Wrong);
        assert_eq!(hasher.shared.memory.made(), 1, "a hash was made for {stored}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_takes_no_more_memory_than_there_are_workers() {
    let hasher = hasher(HashSettings { memory_kib: 1024, ..CHEAP });
    let stored = hash(&hasher, "correct horse").await;
    let mut flood = JoinSet::new();
    for number in 0..64 {
        let (hasher, stored) = (hasher.clone(), stored.clone());
        flood.spawn(async move {
            match number % 3 {
                0 => hasher.hash("correct horse".into()).await.map(|_| Verdict::Right),
                1 => hasher.verify("correct horse".into(), Some(stored)).await,
                _ => hasher.verify("correct horse".into(), None).await.map(|_| Verdict::Right),
            }
        });
    }
    for verdict in flood.join_all().await {
        assert_eq!(verdict.expect("a verdict"), Verdict::Right);
    }
    assert!(hasher.shared.memory.made() <= CHEAP.workers);
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock is what keeps the worker at work")]
async fn an_abandoned_request_keeps_its_worker_until_the_hash_is_done() {
    let hasher = hasher(HashSettings { workers: 1, queue: 0, ..CHEAP });
    let held = hasher.shared.memory.hold();
    let abandoned = time::timeout(Duration::ZERO, hasher.hash("first".into()));
    assert!(abandoned.await.is_err(), "polled once, then dropped");
    let second = hasher.hash("second".into()).await;
    assert!(matches!(second, Err(HashError::Busy)), "{second:?}");
    drop(held);
    let _worker = hasher.workers.acquire().await.expect("free when the hash is done");
    assert_eq!(hasher.shared.memory.made(), 1, "the abandoned hash was finished");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock is what keeps the worker at work")]
async fn beyond_the_queue_and_beyond_the_wait_the_answer_is_busy() {
    let hasher = hasher(HashSettings { workers: 1, queue: 1, ..CHEAP });
    let held = hasher.shared.memory.hold();
    let mut accepted = JoinSet::new();
    for _ in 0..2 {
        let hasher = hasher.clone();
        accepted.spawn(async move { hasher.verify("x".into(), None).await });
    }
    yield_now().await;
    assert!(matches!(hasher.verify("x".into(), None).await, Err(HashError::Busy)));
    drop(held);
    assert!(accepted.join_all().await.iter().all(Result::is_ok));
    assert!(hasher.verify("x".into(), None).await.is_ok());

    let impatient = self::hasher(HashSettings { workers: 1, queue: 9, wait: Duration::ZERO, ..CHEAP });
    let _worker = impatient.workers.acquire().await.expect("the only worker");
    assert!(matches!(impatient.hash("x".into()).await, Err(HashError::Busy)));
}

#[test]
fn settings_out_of_bounds_are_refused() {
    for settings in [
        HashSettings { memory_kib: 7, ..CHEAP },
        HashSettings { memory_kib: MAX_MEMORY_KIB + 1, ..CHEAP },
        HashSettings { iterations: 0, ..CHEAP },
        HashSettings { iterations: MAX_ITERATIONS + 1, ..CHEAP },
        HashSettings { parallelism: 0, ..CHEAP },
        HashSettings { memory_kib: 1024, parallelism: MAX_PARALLELISM + 1, ..CHEAP },
        HashSettings { workers: 0, ..CHEAP },
    ] {
        assert!(Hasher::new(settings).is_err(), "{settings:?}");
    }
}
