//! Requests that arrive together, at two instances.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::*;

auth::on_both_engines!(
    of_ten_invitations_of_an_address_one_account_and_one_good_link_are_left,
    two_passwords_with_one_cookie_make_one_session,
    an_invitation_and_a_sign_up_end_as_one_or_the_other,
    an_invitation_and_a_password_end_as_one_or_the_other,
    two_who_invite_each_other_are_both_refused,
    an_invitation_and_the_demotion_of_its_inviter_end_with_no_role_to_have,
);

/// Sends every request at the same moment, each to the next instance.
async fn at_once(requests: Vec<(Client, &'static str, Value)>) -> Vec<Reply> {
    let start = Arc::new(Barrier::new(requests.len()));
    let mut tasks = JoinSet::new();
    for (number, (client, path, body)) in requests.into_iter().enumerate() {
        let (start, client) = (Arc::clone(&start), client.elsewhere());
        tasks.spawn(async move {
            start.wait().await;
            (number, client.post(path, &body).await)
        });
    }
    let mut replies = tasks.join_all().await;
    replies.sort_by_key(|(number, _)| *number);
    replies.into_iter().map(|(_, reply)| reply).collect()
}

async fn two_instances(engine: Engine) -> (TestApp, Client) {
    let (app, boss) = start(engine).await;
    let app = app.at_two_instances(router).await;
    let boss = app.client().holding(&boss.access, &boss.refresh);
    (app, boss)
}

async fn of_ten_invitations_of_an_address_one_account_and_one_good_link_are_left(engine: Engine) {
    let (app, boss) = two_instances(engine).await;
    let body = json!({ "email": GRACE, "role": 5 });
    let replies = at_once((0..10).map(|_| (boss.clone(), INVITE, body.clone())).collect()).await;
    assert!(replies.iter().all(|reply| reply.status == 201), "{replies:?}");
    assert_eq!((count(&app, "users").await, count(&app, "invitations").await), (2, 1));
    let mut good = Vec::new();
    for mail in app.mailbox().await.to(GRACE) {
        if is_open(&app, &mail.link()).await {
            good.push(mail.link());
        }
    }
    let [link] = good.as_slice() else { panic!("{good:?}") };
    let reply = set(&opened(&app, link).await, PASSWORD).await;
    assert_eq!(claims(&app, &reply).await["role"], 5);
    assert_eq!(count(&app, "user_search").await, 2);
}

async fn two_passwords_with_one_cookie_make_one_session(engine: Engine) {
    let (app, boss) = two_instances(engine).await;
    for round in 0..5 {
        let email = format!("guest{round}@example.com");
        let before = count(&app, "sessions").await;
        let browser = invited(&app, &boss, &email, 0).await;
        let secrets = ["the first of two horses", "the second of two horses"];
        let replies =
            at_once(secrets.iter().map(|secret| (browser.clone(), SET_PASSWORD, passwords(secret))).collect()).await;
        let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        assert!([[200, 401], [401, 200]].contains(&[statuses[0], statuses[1]]), "{replies:?}");
        assert_eq!(count(&app, "sessions").await, before + 1);
        for (secret, status) in secrets.iter().zip(statuses) {
            assert_eq!(app.client().login(&email, secret).await.status, status, "the one that was answered counts");
        }
    }
}

async fn an_invitation_and_a_sign_up_end_as_one_or_the_other(engine: Engine) {
    let (app, boss) = two_instances(engine).await;
    for round in 0..5 {
        let email = format!("guest{round}@example.com");
        let sign_up =
            json!({ "email": email, "password1": "the first of two horses", "password2": "the first of two horses" });
        let invitation = json!({ "email": email, "role": 900 });
        let replies = at_once(vec![(app.client(), REGISTER, sign_up), (boss.clone(), INVITE, invitation)]).await;
        assert_eq!(replies[0].status, 201, "who signs up is told nothing: {replies:?}");
        assert_eq!(replies[1].status, 201, "a sign-up that nobody confirmed gives way: {replies:?}");
        for mail in app.mailbox().await.to(&email) {
            let path = mail.link();
            if mail.subject.starts_with("You've been invited") {
                let reply = set(&opened(&app, &path).await, PASSWORD).await;
                assert_eq!(claims(&app, &reply).await["role"], 900);
            } else {
                assert_eq!(app.client().post(&path, &json!({})).await.status, 404, "its link is dead");
            }
        }
        assert_eq!(app.client().login(&email, PASSWORD).await.status, 200);
        assert_eq!(app.client().login(&email, "the first of two horses").await.status, 401);
    }
}

async fn an_invitation_and_a_password_end_as_one_or_the_other(engine: Engine) {
    let (app, boss) = two_instances(engine).await;
    for round in 0..5 {
        let email = format!("guest{round}@example.com");
        let browser = invited(&app, &boss, &email, 5).await;
        let again = json!({ "email": email, "role": 7 });
        let replies = at_once(vec![(browser, SET_PASSWORD, passwords(PASSWORD)), (boss.clone(), INVITE, again)]).await;
        match (replies[0].status, replies[1].status) {
            (200, 400) => assert!(!app.user(&email).await.is_guest()),
            (401, 201) => {
                let reply = set(&opened(&app, &link(&app, &email).await).await, PASSWORD).await;
                assert_eq!(claims(&app, &reply).await["role"], 7);
            }
            other => panic!("{other:?}: {replies:?}"),
        }
    }
}

async fn two_who_invite_each_other_are_both_refused(engine: Engine) {
    let (app, boss) = two_instances(engine).await;
    app.signed_in_as("other@example.com", SUPERUSER).await;
    let mut other = app.client();
    other.login("other@example.com", PASSWORD).await;
    for _ in 0..5 {
        let requests = vec![
            (boss.clone(), INVITE, json!({ "email": "other@example.com", "role": 0 })),
            (other.clone(), INVITE, json!({ "email": BOSS, "role": 0 })),
        ];
        let replies = at_once(requests).await;
        assert!(replies.iter().all(|reply| reply.status == 400), "{replies:?}");
    }
}

/// Whichever is first, nobody becomes staff by the word of somebody who is not.
async fn an_invitation_and_the_demotion_of_its_inviter_end_with_no_role_to_have(engine: Engine) {
    let (app, _) = two_instances(engine).await;
    for round in 0..5 {
        let staff = app.signed_in_as(&format!("staff{round}@example.com"), STAFF).await;
        let email = format!("guest{round}@example.com");
        let body = json!({ "email": email, "role": STAFF });
        let demoted = format!("staff{round}@example.com");
        let (reply, ()) = tokio::join!(staff.post(INVITE, &body), app.set_role(&demoted, 0));
        assert!([201, 403].contains(&reply.status), "{reply:?}");
        if reply.status == 201 {
            assert!(!is_open(&app, &link(&app, &email).await).await);
        }
    }
}
