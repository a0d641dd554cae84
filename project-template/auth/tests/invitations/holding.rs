//! What an invitation does to its address, and what is left of one that expired.

use std::io::Write;

use auth::account::import::{Import, Summary, import};

use super::*;

auth::on_both_engines!(
    a_live_invitation_holds_the_address_against_sign_ups_and_nobody_is_told,
    where_addresses_are_not_verified_a_held_address_is_taken,
    an_expired_invitation_holds_nothing_and_its_role_is_gone,
    an_address_can_be_changed_to_that_of_an_expired_invitation_only,
    what_expired_is_removed_with_the_other_expired_rows,
    an_unaccepted_superuser_is_none,
    an_import_leaves_an_invited_account_and_replaces_one_that_expired,
);

const STRANGER: &str = "the password of a stranger";

async fn a_live_invitation_holds_the_address_against_sign_ups_and_nobody_is_told(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let before = app.mailbox().await.to(GRACE).len();
    let held = app.client().register(GRACE, STRANGER).await;
    let free = app.client().register("free@example.com", STRANGER).await;
    assert_eq!((held.status, &held.body), (201, &free.body));
    let names = |reply: &Reply| reply.headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&held), names(&free));
    assert_eq!(app.mailbox().await.to(GRACE).len(), before, "a guest has the mail they need");
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
    assert_eq!(app.client().login(GRACE, STRANGER).await.status, 401);

    let open = app
        .second_instance_with(router, |settings| {
            settings.registration.hide_existing = false;
        })
        .await;
    assert_invited(&invite(&boss, "other@example.com", 0).await);
    let reply = open.client().register("other@example.com", STRANGER).await;
    let taken = json!({ "email": ["A user is already registered with this e-mail address."] });
    assert_eq!((reply.status, &reply.body), (400, &taken));
}

async fn where_addresses_are_not_verified_a_held_address_is_taken(engine: Engine) {
    let (app, boss) = configured(engine, ON).await;
    assert_invited(&invite(&boss, GRACE, 900).await);
    let reply = app.client().register(GRACE, STRANGER).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    app.advance(DAY * 3);
    let reply = app.client().register(GRACE, STRANGER).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(claims(&app, &reply).await["role"], 0);
}

async fn an_expired_invitation_holds_nothing_and_its_role_is_gone(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 900).await;
    let old = link(&app, GRACE).await;
    app.advance(DAY * 3);
    assert_eq!(app.client().register(GRACE, PASSWORD).await.status, 201);
    let confirmation = app.mailbox().await.latest(GRACE).link();
    assert_ne!(confirmation, old);
    assert_dead(&set(&browser, STRANGER).await);
    assert!(!is_open(&app, &old).await);
    assert_eq!(app.client().post(&confirmation, &json!({})).await.status, 200);
    let reply = app.client().login(GRACE, PASSWORD).await;
    assert_eq!(claims(&app, &reply).await["role"], 0, "{reply:?}");
    assert_eq!(app.mailbox().await.latest(GRACE).link(), confirmation, "it is a sign-up like any other");

    // By a mailed code as well.
    let toml = format!("{ON}{VERIFIED}[login_codes]\ncreate_accounts = true\n");
    let (app, boss) = configured(engine, &toml).await;
    assert_invited(&invite(&boss, GRACE, 900).await);
    app.advance(DAY * 3);
    assert_eq!(app.client().post("/jwt-allauth/login/code/", &json!({ "email": GRACE })).await.status, 204);
    let code = app.mailbox().await.latest(GRACE).code();
    let reply = app.client().post("/jwt-allauth/login/code/verify/", &json!({ "email": GRACE, "code": code })).await;
    assert_eq!(claims(&app, &reply).await["role"], 0, "{reply:?}");
}

async fn an_address_can_be_changed_to_that_of_an_expired_invitation_only(engine: Engine) {
    let (app, boss) = start(engine).await;
    assert_invited(&invite(&boss, GRACE, 0).await);
    let ada = app.signed_in("ada@example.com").await;
    let change = json!({ "email": GRACE, "password": PASSWORD });
    let before = app.mailbox().await.to(GRACE).len();
    assert_eq!(ada.post("/jwt-allauth/user/email/", &change).await.status, 200);
    assert_eq!(app.mailbox().await.to(GRACE).len(), before, "no link");
    app.advance(DAY * 3);
    let mut ada = app.client();
    ada.login("ada@example.com", PASSWORD).await;
    assert_eq!(ada.post("/jwt-allauth/user/email/", &change).await.status, 200);
    let link = app.mailbox().await.latest(GRACE).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_eq!(app.client().login(GRACE, PASSWORD).await.status, 200);
}

async fn what_expired_is_removed_with_the_other_expired_rows(engine: Engine) {
    let (app, boss) = start(engine).await;
    for email in [GRACE, "second@example.com", "off@example.com"] {
        assert_invited(&invite(&boss, email, 0).await);
    }
    set_active(&app, "off@example.com", false).await;
    app.advance(ALMOST_THREE_DAYS);
    let boss = app.signed_in_as("other@example.com", SUPERUSER).await;
    assert_invited(&invite(&boss, "late@example.com", 0).await);
    app.flush().await;
    assert_eq!(count(&app, "invitations").await, 4);
    app.advance(MINUTE);
    assert_eq!(app.flush().await["codes"], 3, "two accounts, and the invitation of the deactivated one");
    assert_eq!(app.flush().await["codes"], 0);
    for (email, is_there) in
        [(GRACE, false), ("second@example.com", false), ("off@example.com", true), ("late@example.com", true)]
    {
        assert_eq!(exists(&app, email).await, is_there, "{email}");
    }
    assert_eq!((count(&app, "invitations").await, count(&app, "user_search").await), (1, count(&app, "users").await));
    let rows = app.audit_log().await;
    let invited: Vec<_> = rows.iter().filter(|row| row.kind == "invited").map(|row| row.email.is_some()).collect();
    assert_eq!(invited, [false, false, true, true], "the addresses of those who never came are forgotten");
}

async fn an_unaccepted_superuser_is_none(engine: Engine) {
    let (_app, boss) = start(engine).await;
    assert_invited(&invite(&boss, GRACE, SUPERUSER).await);
    let reply = boss.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!((reply.status, reply.text("code")), (409, "last_superuser"), "{reply:?}");
}

async fn an_import_leaves_an_invited_account_and_replaces_one_that_expired(engine: Engine) {
    let (app, boss) = start(engine).await;
    assert_invited(&invite(&boss, GRACE, 900).await);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let row = json!({
        "model": "auth.user", "pk": 1, "fields": { "email": GRACE, "password": "!", "last_login": null },
    });
    file.write_all(json!([row]).to_string().as_bytes()).unwrap();
    let run = async |dry_run| {
        let plan = Import { dry_run, ..Import::of(file.path()) };
        let Summary { imported, existing, .. } = import(&app.auth, &plan, |_| {}).await.unwrap();
        (imported, existing)
    };
    let guest = app.user(GRACE).await.id;
    for dry_run in [true, false] {
        assert_eq!(run(dry_run).await, (0, 1));
    }
    app.advance(DAY * 3);
    for dry_run in [true, false] {
        assert_eq!(app.user(GRACE).await.id, guest);
        assert_eq!(run(dry_run).await, (1, 0));
    }
    let user = app.user(GRACE).await;
    assert_eq!((user.id == guest, user.is_guest(), user.role), (false, false, 0));
    assert_eq!(count(&app, "invitations").await, 0);
}
