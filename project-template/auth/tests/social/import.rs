//! Connections that accounts bring from a project with allauth.

use auth::account::import::{self, Import, Report};

use super::*;

auth::on_both_engines!(whoever_had_a_connection_signs_in_by_it_and_what_cannot_be_taken_is_named);

/// As `dumpdata … socialaccount.socialaccount --format jsonl` writes them.
fn dump() -> String {
    let user = |pk: u32, email: &str| {
        json!({ "model": "jwt_allauth.jauser", "pk": pk, "fields": {
            "email": email, "password": "!", "last_login": null, "is_active": true, "is_superuser": false,
        } })
    };
    let connection = |pk: u32, user: u32, provider: &str, uid: &str| {
        json!({ "model": "socialaccount.socialaccount", "pk": pk, "fields": {
            "user": user, "provider": provider, "uid": uid, "last_login": "2026-11-29T17:49:49.081Z",
            "date_joined": "2026-11-29T17:49:47.838Z", "extra_data": { "sub": uid },
        } })
    };
    let rows = [
        user(1, ADA),
        user(2, "bob@example.com"),
        json!({ "model": "account.emailaddress", "pk": 1, "fields": { "user": 1, "email": ADA, "verified": true } }),
        connection(1, 1, "example", "ada-1"),
        connection(2, 1, "github", "17"),
        connection(3, 2, "microsoft", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        connection(4, 2, "example", "ada-1"),
        connection(5, 9, "example", "nobody"),
    ];
    rows.map(|row| row.to_string()).join("\n")
}

async fn whoever_had_a_connection_signs_in_by_it_and_what_cannot_be_taken_is_named(engine: Engine) {
    let (provider, app) = with_provider(engine, MANDATORY).await;
    let file = tempfile::NamedTempFile::with_suffix(".jsonl").unwrap();
    std::fs::write(file.path(), dump()).unwrap();
    let mut left_out = Vec::new();
    let watch = |event: Report<'_>| {
        if let Report::LeftOut { what, rows } = event {
            left_out.push(format!("{what} ({rows})"));
        }
    };
    let summary = import::import(&app.auth, &Import::of(file.path()), watch).await.unwrap();
    assert_eq!((summary.imported, summary.connections), (2, 2));
    let expected = [
        "connections of no account of the file (1)",
        "socialaccount.socialaccount with the provider microsoft, whose ids there are not those of its tokens (1)",
    ];
    assert_eq!(left_out, expected);
    let claims = provider.claims(&app, "ada-1", "another@example.com");
    let reply = by_token(&app, &provider, &claims).await;
    assert_eq!(account(&app, &reply).await, app.user(ADA).await.id.to_string());
    let listed = holding(&app, reply).get(ACCOUNTS).await;
    assert_eq!(listed.body.as_array().unwrap().len(), 2);
    assert!(listed.body.to_string().contains("2026-11-29T17:49:47Z"), "{listed:?}");
    let again = import::import(&app.auth, &Import::of(file.path()), |_| ()).await.unwrap();
    assert_eq!((again.imported, again.connections, count(&app, "social_accounts").await), (0, 0, 2));
}
