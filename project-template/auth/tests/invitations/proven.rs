//! Guests whose mailbox was proven by other means than the link: a provider vouches for the address.

use auth::http::Client as HttpClient;
use auth::sessions::Delivery;
use auth::{Error, invitations, users};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use futures_util::future::join_all;

use super::*;

auth::on_both_engines!(
    a_guest_whose_mailbox_was_proven_is_the_invited_account_with_its_role,
    a_proven_mailbox_is_no_way_around_the_end_of_an_invitation,
    a_proven_mailbox_whose_role_needs_a_second_factor_leads_to_its_setup,
    of_a_password_and_several_proofs_at_once_one_accepts,
);

/// A provider of the application that vouches for whoever asks.
async fn callback(State(auth): State<Auth>, client: HttpClient, delivery: Delivery) -> auth::Result<Response> {
    let user = match users::by_email(&auth, GRACE).await? {
        Some(user) if user.is_guest() => invitations::mailbox_proven(&auth, &user).await?,
        found => found,
    };
    let user = user.ok_or_else(Error::not_found)?;
    Ok(auth.sign_in(&user, &client, "example.com").await?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

async fn with_a_provider(engine: Engine, toml: &str) -> (TestApp, Client) {
    let router = |auth: Auth| Router::new().route("/callback/", get(callback)).merge(auth.router()).with_state(auth);
    let app = TestApp::configured(engine, router, toml).await;
    let boss = app.signed_in_as(BOSS, SUPERUSER).await;
    (app, boss)
}

async fn a_guest_whose_mailbox_was_proven_is_the_invited_account_with_its_role(engine: Engine) {
    let (app, boss) = with_a_provider(engine, &format!("{ON}{VERIFIED}")).await;
    let browser = invited(&app, &boss, GRACE, 900).await;
    let (guest, link, before) = (app.user(GRACE).await.id, link(&app, GRACE).await, app.mailbox().await.to(BOSS).len());
    let reply = app.client().get("/callback/").await;
    let claims = claims(&app, &reply).await;
    assert_eq!((&claims["role"], &claims["email_verified"]), (&json!(900), &json!(true)), "{reply:?}");
    let user = app.user(GRACE).await;
    assert_eq!((user.id, user.is_guest(), user.password_hash.is_some()), (guest, false, false));
    assert_dead(&set(&browser, PASSWORD).await);
    assert!(!is_open(&app, &link).await);
    let mails = app.mailbox().await.to(BOSS).split_off(before);
    assert!(matches!(mails.as_slice(), [mail] if mail.subject.contains("accepted")), "{mails:?}");
    assert_eq!(app.client().get("/callback/").await.status, 200, "and again, as any account");
    // It sets a password like everybody who has none.
    app.client().post("/jwt-allauth/password/reset/", &json!({ "email": GRACE })).await;
    assert!(app.mailbox().await.latest(GRACE).link().contains("/password/reset/"));
}

async fn a_proven_mailbox_is_no_way_around_the_end_of_an_invitation(engine: Engine) {
    let (app, _) = with_a_provider(engine, &format!("{ON}{VERIFIED}")).await;
    let staff = app.signed_in_as("staff@example.com", STAFF).await;
    assert_invited(&invite(&staff, GRACE, STAFF).await);
    app.set_role("staff@example.com", 300).await;
    let reply = app.client().get("/callback/").await;
    assert_eq!((reply.status, reply.text("code")), (401, "email_not_verified"), "{reply:?}");
    app.set_role("staff@example.com", STAFF).await;
    set_active(&app, GRACE, false).await;
    assert_eq!(app.client().get("/callback/").await.status, 404);
    assert!(app.user(GRACE).await.is_guest(), "a deactivated one stays one");
    set_active(&app, GRACE, true).await;
    app.advance(DAY * 3);
    assert_eq!(app.client().get("/callback/").await.status, 404);
    assert!(!exists(&app, GRACE).await, "the address is free");
}

async fn a_proven_mailbox_whose_role_needs_a_second_factor_leads_to_its_setup(engine: Engine) {
    let (app, boss) = with_a_provider(engine, &format!("{ON}{VERIFIED}[mfa]\nrequired_roles = [900]\n")).await;
    assert_invited(&invite(&boss, GRACE, 900).await);
    let reply = app.client().get("/callback/").await;
    assert_eq!(reply.body["mfa_setup_required"], true, "{reply:?}");
    assert!(!app.user(GRACE).await.is_guest());
}

async fn of_a_password_and_several_proofs_at_once_one_accepts(engine: Engine) {
    let (app, boss) = with_a_provider(engine, &format!("{ON}{VERIFIED}")).await;
    let browser = invited(&app, &boss, GRACE, 900).await;
    let guest = app.user(GRACE).await;
    let proofs = join_all((0..5).map(|_| invitations::mailbox_proven(&app.auth, &guest)));
    let (proofs, set) = tokio::join!(proofs, set(&browser, PASSWORD));
    let accepted = proofs.into_iter().filter(|proof| proof.as_ref().is_ok_and(Option::is_some)).count();
    assert_eq!(accepted + usize::from(set.status == 200), 1, "{set:?}");
    let user = app.user(GRACE).await;
    assert_eq!((user.role, user.is_guest(), user.password_hash.is_some()), (900, false, accepted == 0));
    let accepts = app.audit_log().await.into_iter().filter(|row| row.kind == "invitation_accepted").count();
    assert_eq!(accepts, 1);
}
