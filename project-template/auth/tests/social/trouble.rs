//! A provider that is down, hangs, lies or answers nonsense.

use std::time::Duration;

use super::*;

auth::on_both_engines!(
    a_provider_that_is_down_is_503_and_nothing_is_written,
    a_lie_about_the_issuer_is_not_believed,
    keys_and_document_that_are_known_outlive_a_failure,
);

async fn a_provider_that_is_down_is_503_and_nothing_is_written(engine: Engine) {
    for trouble in [Trouble::Silence, Trouble::Fault, Trouble::Nonsense, Trouble::Flood] {
        for path in ["/.well-known/openid-configuration", "/keys"] {
            let (provider, app) = with_provider(engine, "[social]\ntimeout = \"1s\"\n").await;
            provider.fail(Some((path, trouble)));
            let claims = provider.claims(&app, "ada-1", ADA);
            for (door, body) in [(TOKEN, body_of_token(&provider, &claims)), (CODE, body_of_code(&provider, &claims))] {
                let reply = app.client().post(door, &body).await;
                assert_refused(&reply, 503, "provider_unavailable");
                assert!(!reply.header("retry-after").is_empty(), "{trouble:?} {path}: {reply:?}");
            }
            assert_eq!(provider.asked(path), 1, "a provider that is down is left alone for a moment");
            assert_eq!((count(&app, "users").await, count(&app, "social_codes").await), (0, 0));
            provider.fail(None);
            app.advance(Duration::from_secs(5));
            assert_signed_in(&by_token(&app, &provider, &claims).await);
        }
    }
    for trouble in [Trouble::Silence, Trouble::Fault, Trouble::Nonsense, Trouble::Flood, Trouble::Emptiness] {
        let (provider, app) = with_provider(engine, "[social]\ntimeout = \"1s\"\n").await;
        let body = body_of_code(&provider, &provider.claims(&app, "ada-1", ADA));
        provider.fail(Some(("/token", trouble)));
        assert_refused(&app.client().post(CODE, &body).await, 503, "provider_unavailable");
        assert_eq!(count(&app, "social_codes").await, 0);
        provider.fail(None);
        assert_signed_in(&app.client().post(CODE, &body).await);
    }
    let (provider, app) = with_provider(engine, "").await;
    let (claims, body) = (provider.claims(&app, "ada-1", ADA), body_of_token(&provider, &json!({})));
    drop(provider);
    let reply = app.client().post(TOKEN, &body).await;
    assert_refused(&reply, 503, "provider_unavailable");
    assert!(claims.is_object());
}

async fn a_lie_about_the_issuer_is_not_believed(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    provider.publish("issuer", "https://accounts.google.com");
    claims["iss"] = json!("https://accounts.google.com");
    assert_refused(&by_token(&app, &provider, &claims).await, 503, "provider_unavailable");
    assert_eq!(count(&app, "users").await, 0);
    for (member, value) in [
        ("jwks_uri", json!("file:///etc/passwd")),
        ("token_endpoint", json!("ftp://example.com")),
        ("issuer", json!(7)),
    ] {
        let (provider, app) = with_provider(engine, "").await;
        provider.publish(member, value);
        let claims = provider.claims(&app, "ada-1", ADA);
        assert_refused(&by_token(&app, &provider, &claims).await, 503, "provider_unavailable");
    }
}

async fn keys_and_document_that_are_known_outlive_a_failure(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    assert_signed_in(&by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await);
    provider.fail(Some(("", Trouble::Fault)));
    app.advance(Duration::from_hours(2));
    assert_signed_in(&by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await);
    app.advance(Duration::from_hours(23));
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_refused(&reply, 503, "provider_unavailable");
}
