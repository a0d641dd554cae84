//! Requests that arrive together, at two instances.

use super::*;

auth::on_both_engines!(
    of_ten_uses_of_a_code_one_begins_a_session,
    of_ten_first_sign_ins_one_makes_the_account,
    one_account_of_a_provider_connects_to_one_of_several_users,
    of_two_disconnects_one_leaves_the_last_way_in,
);

async fn at_two_instances(engine: Engine, toml: &str) -> (Provider, TestApp) {
    let (provider, app) = with_provider(engine, &format!("{PATIENT}{toml}")).await;
    (provider, app.at_two_instances(router).await)
}

async fn of_ten_uses_of_a_code_one_begins_a_session(engine: Engine) {
    for is_known in [false, true] {
        let (provider, app) = at_two_instances(engine, "").await;
        // Its word about a used code is not relied on.
        provider.grow_sloppy();
        let claims = provider.claims(&app, "ada-1", ADA);
        if is_known {
            assert_signed_in(&by_token(&app, &provider, &claims).await);
        }
        let before = live(&app).await;
        let body = body_of_code(&provider, &claims);
        let replies = at_once((0..10).map(|_| (app.client(), CODE, body.clone())).collect()).await;
        let signed_in = replies.iter().filter(|reply| reply.status == 200).count();
        let refused = replies.iter().filter(|reply| reply.text("code") == "invalid_social_token").count();
        assert_eq!((signed_in, refused), (1, 9), "{replies:?}");
        assert_eq!((live(&app).await - before, count(&app, "users").await), (1, 1));
    }
}

async fn of_ten_first_sign_ins_one_makes_the_account(engine: Engine) {
    for has_account in [false, true] {
        let (provider, app) = at_two_instances(engine, "").await;
        if has_account {
            app.signed_in(ADA).await;
            app.verify(ADA).await;
        }
        let claims = provider.claims(&app, "ada-1", ADA);
        let body = body_of_token(&provider, &claims);
        let replies = at_once((0..10).map(|_| (app.client(), TOKEN, body.clone())).collect()).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        assert_eq!((count(&app, "users").await, count(&app, "social_accounts").await), (1, 1));
    }
}

async fn one_account_of_a_provider_connects_to_one_of_several_users(engine: Engine) {
    let (provider, app) = at_two_instances(engine, "").await;
    let claims = provider.claims(&app, "x-1", "x@example.com");
    let mut requests = Vec::new();
    for number in 0..5 {
        let client = app.signed_in(&format!("user{number}@example.com")).await;
        requests.push((client, CONNECT_TOKEN, body_of_token(&provider, &claims)));
    }
    let replies = at_once(requests).await;
    let connected = replies.iter().filter(|reply| reply.status == 201).count();
    let refused = replies.iter().filter(|reply| reply.text("code") == "social_account_in_use").count();
    assert_eq!((connected, refused), (1, 4), "{replies:?}");
}

async fn of_two_disconnects_one_leaves_the_last_way_in(engine: Engine) {
    for _ in 0..5 {
        let toml = "[login_codes]\nenabled = false\n[passkeys]\nenabled = false\n";
        let (provider, app) = at_two_instances(engine, toml).await;
        let ada = holding(&app, by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await);
        let second = provider.claims(&app, "ada-2", ADA);
        assert_eq!(ada.post(CONNECT_TOKEN, &body_of_token(&provider, &second)).await.status, 201);
        let listed = ada.get(ACCOUNTS).await;
        let path = |at: usize| format!("{ACCOUNTS}{}/", listed.body[at]["id"].as_str().unwrap());
        let mut elsewhere = app.client();
        elsewhere.access.clone_from(&ada.access);
        let (first, second) = (path(0), path(1));
        let (one, other) = tokio::join!(ada.delete(&first, None), elsewhere.delete(&second, None));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 400], "{one:?} {other:?}");
        assert_eq!(count(&app, "social_accounts").await, 1);
    }
}
