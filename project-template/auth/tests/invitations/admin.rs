//! The pages of staff: inviting, the list of open invitations, revoking.

use super::*;

auth::on_both_engines!(
    staff_invite_in_a_form_after_a_recent_proof,
    a_page_lists_the_open_invitations_and_revokes_them,
    a_row_of_the_list_is_invited_again_with_what_it_has,
    nobody_gives_or_revokes_a_role_above_their_own,
    a_refused_invitation_is_explained_with_what_was_typed,
    a_guest_is_changed_by_an_invitation_and_by_no_act,
    where_invitations_are_off_there_is_no_page,
);

const PAGE: &str = "/admin/invitations/";

fn token(page: &Reply) -> String {
    page.body
        .as_str()
        .unwrap()
        .split("name=\"csrf_token\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

async fn at_admin(app: &TestApp, email: &str) -> Client {
    let mut browser = app.client();
    let token = token(&browser.visit("/admin/sign-in/").await);
    let form = [("csrf_token", token.as_str()), ("email", email), ("password", PASSWORD)];
    let reply = browser.submit("/admin/sign-in/", &form).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/admin/"), "{reply:?}");
    browser
}

async fn post(browser: &mut Client, path: &str, fields: &[(&str, &str)]) -> Reply {
    let token = token(&browser.visit("/admin/").await);
    let fields: Vec<_> = [("csrf_token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.submit(path, &fields).await
}

async fn staff_invite_in_a_form_after_a_recent_proof(engine: Engine) {
    let (app, _) = start(engine).await;
    app.signed_in_as("staff@example.com", STAFF).await;
    let mut browser = at_admin(&app, "staff@example.com").await;
    assert!(html(&browser.visit("/admin/").await).contains(&format!("href=\"{PAGE}\"")));
    let fields = [("email", GRACE), ("role", "900"), ("first_name", "Grace <b>"), ("last_name", "")];
    let reply = post(&mut browser, PAGE, &fields).await;
    assert_eq!((reply.status, reply.header("location")), (303, PAGE), "{reply:?}");
    let page = browser.visit(PAGE).await;
    assert!(html(&page).contains("The invitation is on its way."));
    assert!(html(&page).contains(GRACE) && html(&page).contains("Grace &lt;b&gt;"), "{}", html(&page));
    assert!(!html(&browser.visit(PAGE).await).contains("on its way"), "it is said once");

    app.advance(Duration::from_mins(6));
    let reply = post(&mut browser, PAGE, &[("email", "late@example.com"), ("role", "900")]).await;
    assert!(reply.status == 200 && html(&reply).contains("Invite late@example.com as Staff"), "{reply:?}");
    assert!(!exists(&app, "late@example.com").await);
    let wrong = [("email", "late@example.com"), ("role", "0"), ("password", "wrong")];
    let reply = post(&mut browser, PAGE, &wrong).await;
    assert!(reply.status == 403 && html(&reply).contains("That is not your password."), "{reply:?}");
    let right = [("email", "late@example.com"), ("role", "0"), ("password", PASSWORD)];
    assert_eq!(post(&mut browser, PAGE, &right).await.status, 303);
    assert_eq!(
        post(&mut browser, PAGE, &[("email", "more@example.com"), ("role", "0")]).await.status,
        303,
        "it is remembered"
    );
    let staff = app.user("staff@example.com").await.id;
    let rows = app.audit_log().await;
    let by: Vec<_> = rows.iter().filter(|row| row.kind == "invited").map(|row| row.actor_id).collect();
    assert_eq!(by, [Some(staff); 3]);
}

async fn a_row_of_the_list_is_invited_again_with_what_it_has(engine: Engine) {
    let (app, boss) = start(engine).await;
    let whole = json!({ "email": GRACE, "role": 900, "first_name": "Grace", "last_name": "Hopper" });
    assert_invited(&boss.post(INVITE, &whole).await);
    let old = link(&app, GRACE).await;
    let mut browser = at_admin(&app, BOSS).await;
    let page = browser.visit(PAGE).await;
    let row = html(&page).split("<form method=\"post\" action=\"/admin/invitations/\">").nth(1).unwrap();
    let form = row.split("</form>").next().unwrap();
    let field = |name: &str| {
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let fields = ["email", "first_name", "last_name", "role"].map(|name| (name, field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(post(&mut browser, PAGE, &fields).await.status, 303);
    let new = link(&app, GRACE).await;
    assert!(!is_open(&app, &old).await);
    assert_eq!(app.user(GRACE).await.last_name, "Hopper");
    let reply = set(&opened(&app, &new).await, PASSWORD).await;
    assert_eq!(claims(&app, &reply).await["role"], 900, "{reply:?}");
}

async fn a_page_lists_the_open_invitations_and_revokes_them(engine: Engine) {
    let (app, boss) = start(engine).await;
    let mut browser = at_admin(&app, BOSS).await;
    assert!(html(&browser.visit(PAGE).await).contains("Nobody is invited at the moment."));
    let guest = invited(&app, &boss, GRACE, 900).await;
    for number in 0..51 {
        assert_invited(&invite(&boss, &format!("guest{number}@example.com"), 0).await);
    }
    let first = browser.visit(PAGE).await;
    assert!(html(&first).contains("guest50@example.com") && !html(&first).contains(GRACE));
    let next = html(&first).split("href=\"/admin/invitations/?before=").nth(1).unwrap().split('"').next().unwrap();
    let second = browser.visit(&format!("{PAGE}?before={next}")).await;
    assert!(html(&second).contains(GRACE) && html(&second).contains("guest0@example.com"), "{}", html(&second));
    assert!(!html(&second).contains("guest2@example.com"));

    let (id, old) = (app.user(GRACE).await.id, link(&app, GRACE).await);
    let revoke = format!("{PAGE}{id}/revoke/");
    let reply = post(&mut browser, &revoke, &[]).await;
    assert_eq!((reply.status, reply.header("location")), (303, PAGE));
    assert!(html(&browser.visit(PAGE).await).contains("The invitation is revoked"));
    assert!(!exists(&app, GRACE).await && !is_open(&app, &old).await);
    assert_dead(&set(&guest, PASSWORD).await);
    let reply = post(&mut browser, &revoke, &[]).await;
    assert!(reply.status == 409 && html(&reply).contains("accepted, revoked or replaced"), "{reply:?}");
    for id in [app.user(BOSS).await.id.to_string(), "x".to_owned()] {
        let status = post(&mut browser, &format!("{PAGE}{id}/revoke/"), &[]).await.status;
        assert!([404, 409].contains(&status), "{status}");
    }
    assert!(exists(&app, BOSS).await);
    let last = app.audit_log().await.into_iter().rev().find(|row| row.kind == "invitation_revoked").unwrap();
    assert_eq!((last.detail.as_deref(), last.email), (Some("role 900"), None), "its address is forgotten");
    assert_eq!(app.client().register(GRACE, PASSWORD).await.status, 201);
    assert!(app.mailbox().await.latest(GRACE).subject.contains("Confirm"), "the address is free");
}

async fn nobody_gives_or_revokes_a_role_above_their_own(engine: Engine) {
    let (app, boss) = start(engine).await;
    app.signed_in_as("staff@example.com", STAFF).await;
    assert_invited(&invite(&boss, GRACE, SUPERUSER).await);
    let mut browser = at_admin(&app, "staff@example.com").await;
    let page = browser.visit(PAGE).await;
    assert!(!html(&page).contains("value=\"1000\"") && !html(&page).contains("/revoke/"), "{}", html(&page));
    let revoke = format!("{PAGE}{}/revoke/", app.user(GRACE).await.id);
    assert_eq!(post(&mut browser, &revoke, &[]).await.status, 403);
    let reply = post(&mut browser, PAGE, &[("email", "more@example.com"), ("role", "1000")]).await;
    assert!(reply.status == 400 && html(&reply).contains("Nobody can give a role above their own."), "{reply:?}");
    assert!(exists(&app, GRACE).await && !exists(&app, "more@example.com").await);

    let closed =
        app.second_instance_with(router, |settings| settings.invitations.allowed_roles = vec![SUPERUSER]).await;
    let mut browser = at_admin(&closed, "staff@example.com").await;
    assert!(html(&browser.visit(PAGE).await).contains("Your role may not invite"));
    assert_eq!(post(&mut browser, PAGE, &[("email", "more@example.com"), ("role", "0")]).await.status, 403);
}

async fn a_refused_invitation_is_explained_with_what_was_typed(engine: Engine) {
    let (app, _) = start(engine).await;
    let mut browser = at_admin(&app, BOSS).await;
    for (email, problem) in [
        ("grace", "Enter a valid email address."),
        ("", "This field may not be blank."),
        (BOSS, "A user is already registered with this e-mail address."),
        ("grace@mailinator.com", "E-mail addresses of this domain are not accepted."),
    ] {
        let reply = post(&mut browser, PAGE, &[("email", email), ("role", "900"), ("last_name", "Hopper")]).await;
        assert!([400, 403].contains(&reply.status), "{reply:?}");
        let page = html(&reply);
        assert!(page.contains(problem) && page.contains(&format!("value=\"{email}\"")), "{page}");
        assert!(page.contains("value=\"Hopper\"") && page.contains("<option value=\"900\" selected>"), "{page}");
    }
}

async fn a_guest_is_changed_by_an_invitation_and_by_no_act(engine: Engine) {
    let (app, boss) = start(engine).await;
    let guest = invited(&app, &boss, GRACE, 0).await;
    let mut browser = at_admin(&app, BOSS).await;
    let id = app.user(GRACE).await.id;
    let page = browser.visit(&format!("/admin/users/{id}/")).await;
    assert!(html(&page).contains(">Invited<"), "{}", html(&page));
    let before = app.mailbox().await.all().len();
    for (act, field) in [("role", ("role", "1000")), ("reset", ("", "")), ("resend", ("", ""))] {
        let reply = post(&mut browser, &format!("/admin/users/{id}/{act}/"), &[field]).await;
        assert!(reply.status == 409 && html(&reply).contains("was invited and not taken up"), "{act}: {reply:?}");
    }
    assert_eq!(app.mailbox().await.all().len(), before);
    assert_eq!(claims(&app, &set(&guest, PASSWORD).await).await["role"], 0);
}

async fn where_invitations_are_off_there_is_no_page(engine: Engine) {
    let (app, _) = configured(engine, VERIFIED).await;
    let mut browser = at_admin(&app, BOSS).await;
    assert_eq!(browser.visit(PAGE).await.status, 404);
    assert!(!html(&browser.visit("/admin/").await).contains(PAGE));
    assert_eq!(post(&mut browser, PAGE, &[("email", GRACE), ("role", "0")]).await.status, 404);
    let revoke = format!("{PAGE}{}/revoke/", app.user(BOSS).await.id);
    assert_eq!(post(&mut browser, &revoke, &[]).await.status, 404);
}
