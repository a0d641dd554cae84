//! Who may invite whom, and what that leaves behind.

use super::*;

auth::on_both_engines!(
    an_invitation_makes_an_account_without_a_password_and_sends_one_mail,
    only_roles_of_the_list_invite_and_staff_are_not_implied,
    nobody_gives_a_role_above_their_own,
    a_role_is_a_small_number_that_is_not_negative,
    what_is_missing_or_wrong_is_told_under_its_field,
    an_inviter_who_was_demoted_or_deactivated_is_refused_whatever_the_token_says,
    an_address_with_an_account_cannot_be_invited,
    inviting_again_replaces_the_account_the_link_and_the_cookie,
    a_guest_can_be_invited_again_until_a_password_is_set,
    a_sign_up_that_was_never_confirmed_gives_way_and_one_that_was_used_does_not,
    a_deactivated_guest_is_not_brought_back_by_another_invitation,
    where_invitations_are_off_their_paths_are_not_there,
    invitations_are_recorded_counted_and_limited,
);

async fn an_invitation_makes_an_account_without_a_password_and_sends_one_mail(engine: Engine) {
    let (app, boss) = start(engine).await;
    let before = app.mailbox().await.all().len();
    let body = json!({ "email": "Grace@Example.com", "role": 900, "first_name": "Grace", "last_name": "Hopper" });
    assert_invited(&boss.post(INVITE, &body).await);
    let user = app.user(GRACE).await;
    assert!(user.is_guest() && user.is_active && !user.email_verified && user.password_hash.is_none());
    assert_eq!((user.role, user.last_login_at), (0, None), "nobody has the role before they accept");
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("Grace", "Hopper"));
    assert_eq!(user.email.as_written(), "Grace@example.com");
    let mails = app.mailbox().await.all().split_off(before);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("Grace@example.com", "You've been invited to join localhost")
    );
    for form in [&mail.text, &mail.html] {
        assert!(
            form.contains(BOSS) && form.contains("3 days") && form.contains("/registration/verification/"),
            "{form}"
        );
        assert!(!form.contains("Hopper"), "a name that was typed is in no mail");
    }
}

async fn only_roles_of_the_list_invite_and_staff_are_not_implied(engine: Engine) {
    let toml = format!("{ON}allowed_roles = [300, 1000]\n{VERIFIED}");
    let (app, boss) = configured(engine, &toml).await;
    let nobody = app.client().post(INVITE, &json!({})).await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (401, "Bearer realm=\"api\""));
    for (email, role, status) in
        [("user@example.com", 0, 403), ("editor@example.com", 300, 201), ("staff@example.com", STAFF, 403)]
    {
        let client = app.signed_in_as(email, role).await;
        let reply = invite(&client, &format!("guest-of-{email}"), 0).await;
        assert_eq!(reply.status, status, "{reply:?}");
        if status == 403 {
            let detail = "You do not have permission to perform this action.";
            assert_eq!(reply.body, json!({ "detail": detail, "code": "permission_denied" }));
            assert_eq!(client.post(INVITE, &json!({})).await.status, 403, "and is not told what a body lacks");
        }
    }
    assert_invited(&invite(&boss, GRACE, 0).await);
}

async fn nobody_gives_a_role_above_their_own(engine: Engine) {
    let (app, boss) = start(engine).await;
    let staff = app.signed_in_as("staff@example.com", STAFF).await;
    for role in [901, SUPERUSER, 32_767] {
        let reply = invite(&staff, GRACE, role).await;
        assert_eq!((reply.status, &reply.body), (400, &json!({ "role": ["Nobody can give a role above their own."] })));
    }
    assert!(!exists(&app, GRACE).await && app.mailbox().await.to(GRACE).is_empty());
    assert_invited(&invite(&staff, GRACE, STAFF).await);
    assert_invited(&invite(&boss, "second@example.com", SUPERUSER).await);
}

async fn a_role_is_a_small_number_that_is_not_negative(engine: Engine) {
    let (app, boss) = start(engine).await;
    let small = "Ensure this value is greater than or equal to 0.";
    let large = "Ensure this value is less than or equal to 32767.";
    for (role, problem) in [
        (json!(-1), small),
        (json!("-900"), small),
        (json!(32_768), large),
        (json!(1_i64 << 31), large),
        (json!(i64::MAX), large),
        (json!(u64::MAX), large),
        (json!("9".repeat(60)), large),
        (json!(0.5), "A valid integer is required."),
        (json!("staff"), "A valid integer is required."),
        (json!(""), "A valid integer is required."),
        (json!(true), "A valid integer is required."),
        (json!([900]), "A valid integer is required."),
        (json!(null), "This field may not be null."),
    ] {
        let reply = boss.post(INVITE, &json!({ "email": GRACE, "role": role })).await;
        assert_eq!((reply.status, &reply.body), (400, &json!({ "role": [problem] })), "{role}");
    }
    assert!(!exists(&app, GRACE).await);
    assert_invited(&boss.post(INVITE, &json!({ "email": GRACE, "role": "900" })).await);
    let browser = opened(&app, &link(&app, GRACE).await).await;
    assert_eq!(claims(&app, &set(&browser, PASSWORD).await).await["role"], 900);
}

async fn what_is_missing_or_wrong_is_told_under_its_field(engine: Engine) {
    let (app, boss) = start(engine).await;
    let required = json!(["This field is required."]);
    assert_eq!(boss.post(INVITE, &json!({})).await.body, json!({ "email": required, "role": required }));
    let body = json!({ "email": "grace", "role": 0, "first_name": "a".repeat(151), "last_name": {} });
    assert_eq!(
        boss.post(INVITE, &body).await.body,
        json!({
            "email": ["Enter a valid email address."],
            "first_name": ["Ensure this field has no more than 150 characters."],
            "last_name": ["Not a valid string."],
        })
    );
    let reply = invite(&boss, "grace@mailinator.com", 0).await;
    assert_eq!(
        (reply.status, reply.text("code")),
        (403, "email_domain_not_allowed"),
        "nor can anybody sign up with it"
    );
    assert_eq!(count(&app, "invitations").await, 0);
}

async fn an_inviter_who_was_demoted_or_deactivated_is_refused_whatever_the_token_says(engine: Engine) {
    let (app, boss) = start(engine).await;
    let staff = app.signed_in_as("staff@example.com", STAFF).await;
    assert_invited(&invite(&staff, GRACE, STAFF).await);
    app.set_role("staff@example.com", 0).await;
    assert_eq!(staff.get("/jwt-allauth/token/claims/").await.body["role"], STAFF, "the token still says so");
    assert_eq!(invite(&staff, "more@example.com", 0).await.status, 403);
    app.set_role("staff@example.com", STAFF).await;
    app.set_role(BOSS, STAFF).await;
    assert_eq!(boss.get("/jwt-allauth/token/claims/").await.body["role"], SUPERUSER);
    assert_eq!(invite(&boss, "more@example.com", SUPERUSER).await.status, 400);
    set_active(&app, "staff@example.com", false).await;
    assert_eq!(invite(&staff, "more@example.com", 0).await.status, 401);
    assert!(!exists(&app, "more@example.com").await);
}

async fn an_address_with_an_account_cannot_be_invited(engine: Engine) {
    let (app, boss) = start(engine).await;
    let taken = json!({ "email": ["A user is already registered with this e-mail address."] });
    app.signed_in(GRACE).await;
    for email in [GRACE, "GRACE@example.com", BOSS] {
        let reply = invite(&boss, email, 0).await;
        assert_eq!((reply.status, &reply.body), (400, &taken), "{email}");
    }
    set_active(&app, GRACE, false).await;
    assert_eq!(invite(&boss, GRACE, 0).await.body, taken, "a deactivated account keeps its address");
}

async fn inviting_again_replaces_the_account_the_link_and_the_cookie(engine: Engine) {
    let (app, boss) = start(engine).await;
    let body = json!({ "email": GRACE, "role": 900, "first_name": "Grace" });
    assert_invited(&boss.post(INVITE, &body).await);
    let (first, old) = (app.user(GRACE).await, link(&app, GRACE).await);
    let browser = opened(&app, &old).await;
    assert_invited(&invite(&boss, GRACE, 5).await);
    let second = app.user(GRACE).await;
    assert!(first.id != second.id && second.first_name.is_empty(), "nothing of the first one is left");
    assert_eq!((count(&app, "users").await, count(&app, "invitations").await), (2, 1));
    assert!(!is_open(&app, &old).await);
    assert_dead(&set(&browser, PASSWORD).await);
    let browser = opened(&app, &link(&app, GRACE).await).await;
    assert_eq!(claims(&app, &set(&browser, PASSWORD).await).await["role"], 5);
}

async fn a_guest_can_be_invited_again_until_a_password_is_set(engine: Engine) {
    let (app, boss) = start(engine).await;
    invited(&app, &boss, GRACE, 0).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    assert_eq!(app.mailbox().await.to(GRACE).len(), 2, "although the first link was opened");
    app.advance(DAY * 4);
    assert_dead(&set(&browser, PASSWORD).await);
    let boss = app.signed_in_as("other@example.com", SUPERUSER).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    assert_eq!(set(&browser, PASSWORD).await.status, 200, "nor is the account lost with the link");
    assert_eq!(invite(&boss, GRACE, 0).await.status, 400);
}

async fn a_sign_up_that_was_never_confirmed_gives_way_and_one_that_was_used_does_not(engine: Engine) {
    let (app, boss) = start(engine).await;
    assert_eq!(app.client().register(GRACE, "the password of a stranger").await.status, 201);
    let confirmation = app.mailbox().await.latest(GRACE).link();
    let browser = invited(&app, &boss, GRACE, 7).await;
    assert_eq!(app.client().post(&confirmation, &json!({})).await.status, 404, "the sign-up's link is void");
    assert_eq!(claims(&app, &set(&browser, PASSWORD).await).await["role"], 7);
    assert_eq!(app.client().login(GRACE, "the password of a stranger").await.status, 401);

    let (app, boss) = configured(engine, ON).await;
    app.signed_in(GRACE).await;
    assert_eq!(invite(&boss, GRACE, 0).await.status, 400, "somebody uses it, though the address is not verified");
}

async fn a_deactivated_guest_is_not_brought_back_by_another_invitation(engine: Engine) {
    let (app, boss) = start(engine).await;
    assert_invited(&invite(&boss, GRACE, 0).await);
    set_active(&app, GRACE, false).await;
    assert_eq!(invite(&boss, GRACE, 0).await.status, 400);
    app.advance(DAY * 4);
    app.flush().await;
    assert!(exists(&app, GRACE).await, "nor by waiting");
    set_active(&app, GRACE, true).await;
    let boss = app.signed_in_as("other@example.com", SUPERUSER).await;
    assert_invited(&invite(&boss, GRACE, 0).await);
}

async fn where_invitations_are_off_their_paths_are_not_there(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let old = link(&app, GRACE).await;
    let off = app.second_instance_with(router, |settings| settings.invitations.enabled = false).await;
    let not_found = json!({ "detail": "Not found.", "code": "not_found" });
    let boss = off.client().holding(&boss.access, "");
    for reply in [invite(&boss, "more@example.com", 0).await, invite(&off.client(), "more@example.com", 0).await] {
        assert_eq!((reply.status, &reply.body), (404, &not_found));
    }
    let mut stale = off.client();
    stale.cookies.clone_from(&browser.cookies);
    let stale = stale.with_header("x-csrftoken", &browser.cookies["csrftoken"]);
    assert_eq!(set(&stale, PASSWORD).await.body, not_found);
    assert_eq!(off.client().visit(&old).await.status, 404);
    for page in [FORM, COMPLETE] {
        let reply = off.client().visit(page).await;
        assert!(reply.status == 404 && html(&reply).contains("<h1>"), "{page}: {reply:?}");
    }
}

async fn invitations_are_recorded_counted_and_limited(engine: Engine) {
    let toml = format!("{ON}{VERIFIED}[throttle]\ninvitation = \"2/h\"\n");
    let (app, boss) = configured(engine, &toml).await;
    let before = app.audit_log().await.len();
    let browser = invited(&app, &boss, GRACE, 900).await;
    let guest = app.user(GRACE).await;
    assert!(app.metrics().await.contains("\nauth_invitations_open 1\n"));
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
    let metrics = app.metrics().await;
    assert!(metrics.contains("\nauth_invitations_open 0\n"), "{metrics}");
    let rows = app.audit_log().await.split_off(before);
    let told: Vec<_> = rows.iter().map(|row| (row.kind.as_str(), row.detail.as_deref().unwrap_or_default())).collect();
    assert_eq!(told, [("invited", "role 900"), ("invitation_accepted", "role 900"), ("sign_in", "invitation")]);
    assert_eq!((rows[0].user_id, rows[0].actor_id), (Some(guest.id), Some(app.user(BOSS).await.id)));
    assert_eq!((rows[1].user_id, rows[1].actor_id), (Some(guest.id), None));
    assert_eq!(rows[0].email.as_deref(), Some("g***@example.com"));
    assert_invited(&invite(&boss, "more@example.com", 0).await);
    let reply = invite(&boss, "most@example.com", 0).await;
    assert_eq!((reply.status, reply.text("code")), (429, "throttled"), "{reply:?}");
    assert!(!reply.header("retry-after").is_empty());
}
