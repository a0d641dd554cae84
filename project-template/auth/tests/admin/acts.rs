//! What can be done to whom.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD, TestApp};
use auth::users::role::{STAFF, SUPERUSER};
use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, BOSS, HELPER, act, assert_done, html, id, is_active, role, router, set_role, signed_in, start};

const OTHER_PASSWORD: &str = "another horse battery staple";

auth::on_both_engines!(
    each_act_does_what_it_says_and_is_told_with_who_did_it,
    what_was_done_is_said_and_what_was_refused_too,
    what_was_done_is_said_once_and_to_nobody_else_and_by_no_address,
    the_log_says_which_role_an_account_had_when_two_change_it_at_once,
    staff_reach_who_is_below_them_and_superusers_everybody_but_themselves,
    nobody_gives_a_role_above_their_own,
    a_dangerous_act_takes_the_password_after_five_minutes,
    a_password_that_is_wrong_lets_nothing_happen_and_is_told,
    ones_own_sessions_can_be_ended,
    a_role_taken_away_is_gone_from_access_tokens_too,
    no_page_shows_a_password_hash_or_a_token,
    a_staff_role_takes_away_a_password_from_before_the_address_was_proven_and_leaves_another,
    odd_acts_and_odd_users_are_not_found,
);

async fn told(app: &TestApp, before: usize) -> Vec<String> {
    let rows = app.audit_log().await.split_off(before);
    rows.iter()
        .map(|row| {
            let detail = row.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            assert!(row.actor_id.is_some() && row.user_id != row.actor_id, "{row:?}");
            format!("{}{detail}", row.kind)
        })
        .collect()
}

async fn each_act_does_what_it_says_and_is_told_with_who_did_it(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    let mut ada = app.client();
    ada.login(ADA, PASSWORD).await;
    let session = ada.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
    let before = app.audit_log().await.len();

    // Another mail to the address would come too soon.
    app.advance(Duration::from_mins(1));
    assert_done(&act(&app, &mut boss, ADA, "end-session", &[("session", &session)]).await);
    assert_eq!(ada.refresh().await.status, 401);
    assert_done(&act(&app, &mut boss, ADA, "end-access", &[]).await);
    assert_done(&act(&app, &mut boss, ADA, "end-sessions", &[]).await);
    assert_done(&act(&app, &mut boss, ADA, "reset", &[]).await);
    assert!(app.mailbox().await.latest(ADA).link().contains("/password/reset/"));
    assert_done(&act(&app, &mut boss, ADA, "resend", &[]).await);
    assert!(app.mailbox().await.latest(ADA).link().contains("/registration/verification/"));
    assert_done(&act(&app, &mut boss, ADA, "role", &[("role", "900")]).await);
    assert_eq!(role(&app, ADA).await, STAFF);
    assert_done(&act(&app, &mut boss, ADA, "deactivate", &[]).await);
    assert!(!is_active(&app, ADA).await);
    assert_done(&act(&app, &mut boss, ADA, "activate", &[]).await);
    assert_eq!(
        told(&app, before).await,
        [
            "sessions_ended: admin",
            "tokens_invalidated: access",
            "sessions_ended: invalidation",
            "tokens_invalidated: all",
            "password_reset_asked",
            "code_sent: verification",
            "role_changed: 0 to 900",
            "tokens_invalidated: access",
            "deactivated",
            "activated",
        ]
    );
    assert!(app.user(ADA).await.is_active);
}

async fn what_was_done_is_said_and_what_was_refused_too(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    let done = act(&app, &mut boss, ADA, "reset", &[]).await;
    let page = boss.visit(done.header("location")).await;
    assert!(html(&page).contains("A mail with a link to set a new password is on its way."), "{page:?}");
    let again = act(&app, &mut boss, ADA, "reset", &[]).await;
    assert_eq!(again.status, 429);
    assert!(html(&again).contains("You have done that too often.") && html(&again).contains(ADA), "{again:?}");
    let gone = act(&app, &mut boss, ADA, "end-session", &[("session", "nonsense")]).await;
    assert_eq!(gone.status, 409);
}

async fn what_was_done_is_said_once_and_to_nobody_else_and_by_no_address(engine: Engine) {
    const SAID: &str = "A mail with a link to set a new password is on its way.";
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    let page = format!("/admin/users/{}/", id(&app, ADA).await);
    for name in ["reset", "deactivate"] {
        let crafted = boss.visit(&format!("{page}?done={name}")).await;
        assert!(!html(&crafted).contains("class=\"notice\""), "{crafted:?}");
    }
    let done = act(&app, &mut boss, ADA, "reset", &[]).await;
    assert_eq!(done.header("location"), page);
    let mut helper = signed_in(&app, HELPER).await;
    helper.cookies.insert("admin_done".into(), boss.cookies["admin_done"].clone());
    for (browser, page) in
        [(&mut helper, page.clone()), (&mut boss, format!("/admin/users/{}/", id(&app, HELPER).await))]
    {
        assert!(!html(&browser.visit(&page).await).contains(SAID), "{page}");
    }
    assert!(html(&boss.visit(&page).await).contains(SAID));
    let again = boss.visit(&page).await;
    assert!(again.status == 200 && !html(&again).contains(SAID), "{again:?}");
}

async fn the_log_says_which_role_an_account_had_when_two_change_it_at_once(engine: Engine) {
    let app = start(engine).await.at_two_instances(router).await;
    set_role(&app, HELPER, SUPERUSER).await;
    for _ in 0..10 {
        set_role(&app, ADA, 0).await;
        let before = app.audit_log().await.len();
        let mut tasks = JoinSet::new();
        for (admin, level) in [(BOSS, "300"), (HELPER, "600")] {
            let (app, mut browser) = (app.clone(), signed_in(&app, admin).await);
            tasks.spawn(async move { act(&app, &mut browser, ADA, "role", &[("role", level)]).await.status });
        }
        assert_eq!(tasks.join_all().await, [303, 303]);
        let rows = app.audit_log().await.split_off(before);
        let changes: Vec<_> =
            rows.into_iter().filter(|row| row.kind == "role_changed").filter_map(|row| row.detail).collect();
        assert!(["0 to 300,300 to 600", "0 to 600,600 to 300"].contains(&changes.join(",").as_str()), "{changes:?}");
    }
}

async fn staff_reach_who_is_below_them_and_superusers_everybody_but_themselves(engine: Engine) {
    let app = start(engine).await;
    app.signed_in("editor@example.com").await;
    set_role(&app, "editor@example.com", 300).await;
    app.signed_in("colleague@example.com").await;
    set_role(&app, "colleague@example.com", STAFF).await;
    let mut helper = signed_in(&app, HELPER).await;
    for (email, is_reached) in
        [(ADA, true), ("editor@example.com", true), ("colleague@example.com", false), (BOSS, false), (HELPER, false)]
    {
        for (name, fields) in [("deactivate", &[][..]), ("role", &[("role", "0")]), ("reset", &[]), ("resend", &[])] {
            let reply = act(&app, &mut helper, email, name, fields).await;
            assert_eq!(reply.status != 403, is_reached, "{name} {email}: {reply:?}");
        }
        assert_eq!(is_active(&app, email).await, !is_reached, "{email}");
    }
    assert_eq!((role(&app, BOSS).await, role(&app, HELPER).await), (SUPERUSER, STAFF));
    let mut boss = signed_in(&app, BOSS).await;
    assert_done(&act(&app, &mut boss, HELPER, "deactivate", &[]).await);
    for (name, fields) in [("deactivate", &[][..]), ("role", &[("role", "0")])] {
        assert_eq!(act(&app, &mut boss, BOSS, name, fields).await.status, 403);
    }
}

async fn nobody_gives_a_role_above_their_own(engine: Engine) {
    let app = start(engine).await;
    let mut helper = signed_in(&app, HELPER).await;
    for level in ["901", "1000", "-1", "x", "", "99999999999999999999", "1001"] {
        let reply = act(&app, &mut helper, ADA, "role", &[("role", level)]).await;
        assert!([400, 403].contains(&reply.status), "{level}: {reply:?}");
        assert_eq!(role(&app, ADA).await, 0, "{level}");
    }
    assert_done(&act(&app, &mut helper, ADA, "role", &[("role", "900")]).await);
    assert_eq!(act(&app, &mut helper, ADA, "role", &[("role", "0")]).await.status, 403, "of the same role now");
}

async fn a_dangerous_act_takes_the_password_after_five_minutes(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    app.advance(Duration::from_mins(5));
    for (name, fields) in
        [("deactivate", &[][..]), ("role", &[("role", "900")]), ("end-sessions", &[]), ("activate", &[])]
    {
        let asked = act(&app, &mut boss, ADA, name, fields).await;
        assert_eq!(asked.status, 200);
        assert_eq!(html(&asked).contains("Change the role of ada@example.com to Staff"), name == "role", "{asked:?}");
        assert!(html(&asked).contains("type=\"password\"") && html(&asked).contains(ADA), "{asked:?}");
        for (field, value) in fields {
            assert!(html(&asked).contains(&format!("name=\"{field}\" value=\"{value}\"")), "{asked:?}");
        }
    }
    assert_eq!((is_active(&app, ADA).await, role(&app, ADA).await), (true, 0));
    assert_done(&act(&app, &mut boss, ADA, "resend", &[]).await);
    assert_done(&act(&app, &mut boss, ADA, "role", &[("role", "900"), ("password", PASSWORD)]).await);
    assert_eq!(role(&app, ADA).await, STAFF);
    assert_done(&act(&app, &mut boss, ADA, "deactivate", &[]).await);
    app.advance(Duration::from_mins(5));
    assert_eq!(act(&app, &mut boss, ADA, "activate", &[]).await.status, 200, "asked again");
}

async fn a_password_that_is_wrong_lets_nothing_happen_and_is_told(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    app.advance(Duration::from_mins(5));
    let reply = act(&app, &mut boss, ADA, "deactivate", &[("password", "wrong")]).await;
    assert_eq!(reply.status, 403);
    assert!(html(&reply).contains("That is not your password."));
    let last = app.audit_log().await.pop().unwrap();
    assert_eq!((last.kind.as_str(), last.detail.as_deref()), ("password_wrong", Some("admin")));
    assert_eq!(last.user_id, Some(id(&app, BOSS).await));
    for _ in 0..20 {
        act(&app, &mut boss, ADA, "deactivate", &[("password", "wrong")]).await;
    }
    assert_eq!(act(&app, &mut boss, ADA, "deactivate", &[("password", PASSWORD)]).await.status, 429);
    assert!(is_active(&app, ADA).await);
}

async fn ones_own_sessions_can_be_ended(engine: Engine) {
    let app = start(engine).await;
    let mut helper = signed_in(&app, HELPER).await;
    let mut api = app.client();
    api.login(HELPER, PASSWORD).await;
    let session = api.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
    assert_done(&act(&app, &mut helper, HELPER, "end-session", &[("session", &session)]).await);
    assert_eq!(api.refresh().await.status, 401);
    let mut ada = app.client();
    ada.login(ADA, PASSWORD).await;
    let others = ada.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
    assert_eq!(act(&app, &mut helper, HELPER, "end-session", &[("session", &others)]).await.status, 409);
    assert_eq!(ada.refresh().await.status, 200, "the session of somebody else");
    assert_done(&act(&app, &mut helper, HELPER, "end-sessions", &[]).await);
    super::assert_outside(&helper.visit("/admin/").await);
}

async fn a_role_taken_away_is_gone_from_access_tokens_too(engine: Engine) {
    let app = start(engine).await;
    let mut helper = app.client();
    helper.login(HELPER, PASSWORD).await;
    let mut boss = signed_in(&app, BOSS).await;
    assert_done(&act(&app, &mut boss, HELPER, "role", &[("role", "0")]).await);
    assert_eq!(helper.get("/jwt-allauth/user/").await.status, 401, "the token that says more");
    assert_eq!(helper.refresh().await.status, 200);
    assert_eq!(helper.get("/jwt-allauth/token/claims/").await.body["role"], 0);
}

async fn no_page_shows_a_password_hash_or_a_token(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.client();
    ada.login(ADA, PASSWORD).await;
    ada.post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    let mut boss = signed_in(&app, BOSS).await;
    let pages = ["/admin/".into(), format!("/admin/users/{}/", id(&app, ADA).await), "/admin/audit/".into()];
    for page in pages {
        let reply = boss.visit(&page).await;
        assert!(html(&reply).contains(ADA) || html(&reply).contains("a***@example.com"), "{reply:?}");
        for secret in ["$argon2", PASSWORD, &ada.access, &ada.refresh] {
            assert!(!html(&reply).contains(secret), "{page} {secret}");
        }
    }
}

async fn a_staff_role_takes_away_a_password_from_before_the_address_was_proven_and_leaves_another(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    let mut eve = app.client();
    eve.login(ADA, PASSWORD).await;
    let mut passkey = app.authenticator();
    assert_eq!(eve.add_passkey(&mut passkey).await.status, 201);
    app.verify(ADA).await;
    assert_done(&act(&app, &mut boss, ADA, "role", &[("role", "300")]).await);
    assert_eq!(eve.refresh().await.status, 200, "a role of the application's own");
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 200);
    assert_done(&act(&app, &mut boss, ADA, "role", &[("role", "900")]).await);
    assert_eq!(eve.refresh().await.status, 401);
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);

    let mut ada = app.client();
    ada.visit(&app.mailbox().await.latest(ADA).link()).await;
    let token = ada.cookies["csrftoken"].clone();
    let mut ada = ada.with_header("x-csrftoken", &token);
    let body = json!({ "new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD });
    let reply = ada.post("/jwt-allauth/password/reset/set-new/", &body).await;
    assert_eq!(ada.keep(reply).status, 200);
    let mut passkey = app.authenticator();
    assert_eq!(ada.add_passkey(&mut passkey).await.status, 201);
    assert_done(&act(&app, &mut boss, ADA, "role", &[("role", "1000")]).await);
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 200);
    assert_eq!(app.client().login(ADA, OTHER_PASSWORD).await.status, 200);
}

async fn odd_acts_and_odd_users_are_not_found(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    let ghost = uuid::Uuid::now_v7();
    for path in [format!("/admin/users/{ghost}/"), "/admin/users/x/".into(), "/admin/users/%ff/".into()] {
        assert_eq!(boss.visit(&path).await.status, 404, "{path}");
    }
    let token = super::token(&boss.visit("/admin/").await);
    let ada = id(&app, ADA).await;
    for path in [format!("/admin/users/{ghost}/reset/"), format!("/admin/users/{ada}/promote/")] {
        assert_eq!(boss.submit(&path, &[("csrf_token", &token)]).await.status, 404, "{path}");
    }
    assert_eq!(boss.visit(&format!("/admin/users/{ada}/reset/")).await.status, 405, "an act is posted");
}
