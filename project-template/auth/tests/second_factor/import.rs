//! Accounts that bring their second factor from django-jwt-allauth. The fixture is a dump that a real one made; what it
//! told their owners is below.

use auth::account::import::{self, Import};

use super::*;

auth::on_both_engines!(
    whoever_had_a_second_factor_signs_in_with_it_and_with_nothing_less,
    where_second_factors_are_off_a_file_that_has_some_is_refused,
);

/// The secrets of ada and bob.
const SECRETS: [&str; 2] = ["2HV7M7JY37JITQSLPURSZI5ZL3QR6SML", "TS4GVT5TB477VT6ZYTPEUJGDDSGSPMTI"];
/// Their recovery codes; bob has used the first and the last.
const CODES: [[&str; 10]; 2] = [
    [
        "10646844", "98660041", "29435224", "80553532", "21333508", "95964338", "95491869", "55601696", "75690603",
        "55693333",
    ],
    [
        "89087998", "21930355", "27514916", "27435926", "12374076", "42287810", "91288527", "17700258", "80665796",
        "21635370",
    ],
];
const PASSWORD: &str = "correct horse battery";

fn dump() -> Import {
    Import::of(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/django_second_factors.jsonl"))
}

async fn challenge_of(app: &TestApp, email: &str) -> String {
    let reply = app.client().login(email, PASSWORD).await;
    assert_challenged(&reply);
    reply.text("challenge_id").to_owned()
}

async fn whoever_had_a_second_factor_signs_in_with_it_and_with_nothing_less(engine: Engine) {
    let app = configured(engine, "[throttle]\nenabled = false").await;
    let summary = import::import(&app.auth, &dump(), |_| ()).await.unwrap();
    assert_eq!((summary.imported, summary.with_second_factor, summary.others), (3, 2, 7));
    assert_signed_in(&app.client().login("cid@example.com", PASSWORD).await);
    for (email, secret, codes) in [("ada@example.com", SECRETS[0], CODES[0]), ("bob@example.com", SECRETS[1], CODES[1])]
    {
        let authenticator = AuthenticatorApp::of(secret);
        let id = challenge_of(&app, email).await;
        assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
        for (number, code) in codes.into_iter().enumerate() {
            let id = challenge_of(&app, email).await;
            let reply = verify_recovery(&app, &id, code).await;
            if email == "bob@example.com" && [0, 9].contains(&number) {
                assert_refused(&reply, 400, "Invalid recovery code.", "invalid_recovery_code");
            } else {
                assert_signed_in(&reply);
            }
        }
        assert!(app.mailbox().await.to(email).iter().all(|mail| !mail.subject.contains("was added")));
    }
    let again = import::import(&app.auth, &dump(), |_| ()).await.unwrap();
    assert_eq!((again.imported, again.existing, again.with_second_factor), (0, 3, 0));
}

async fn where_second_factors_are_off_a_file_that_has_some_is_refused(engine: Engine) {
    let app = configured(engine, "[mfa]\ntotp = \"disabled\"").await;
    let refused = import::import(&app.auth, &dump(), |_| ()).await.unwrap_err().to_string();
    assert!(refused.contains("mfa.authenticator (4 rows)") && refused.contains("set mfa.totp"), "{refused}");
    let plan = Import { without_second_factors: true, ..dump() };
    let summary = import::import(&app.auth, &plan, |_| ()).await.unwrap();
    assert_eq!((summary.imported, summary.with_second_factor), (3, 0));
    assert_signed_in(&app.client().login("ada@example.com", PASSWORD).await);
}
