//! Microsoft, whose document leaves a place for the directory of each user, and whose addresses anybody can write.

use super::*;

auth::on_both_engines!(
    a_user_of_any_directory_is_believed_about_that_directory_only,
    an_address_counts_only_if_the_owner_of_its_domain_has_confirmed_it,
);

const MICROSOFT: &str = "/jwt-allauth/social/microsoft/token/";
const DIRECTORY: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

async fn with_microsoft(engine: Engine, tenant: &str) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    provider.publish("issuer", format!("{}/{{tenantid}}/v2.0", provider.issuer()));
    let toml = format!("{}tenant = \"{tenant}\"\n", provider.settings("microsoft"));
    let app = TestApp::configured(engine, router, &toml).await;
    (provider, app)
}

fn claims(provider: &Provider, app: &TestApp, directory: &str) -> Value {
    let mut claims = provider.claims(app, "ada-1", ADA);
    claims["iss"] = json!(format!("{}/{directory}/v2.0", provider.issuer()));
    (claims["tid"], claims["xms_edov"]) = (json!(directory), json!(true));
    claims.as_object_mut().unwrap().remove("email_verified");
    claims
}

async fn a_user_of_any_directory_is_believed_about_that_directory_only(engine: Engine) {
    for (tenant, directory, expected) in [
        ("common", DIRECTORY, 200),
        ("common", CONSUMERS, 200),
        ("organizations", DIRECTORY, 200),
        ("organizations", CONSUMERS, 401),
        ("common", "common", 401),
        ("common", "{tenantid}", 401),
        ("common", "..", 401),
    ] {
        let (provider, app) = with_microsoft(engine, tenant).await;
        let body = body_of_token(&provider, &claims(&provider, &app, directory));
        let reply = app.client().post(MICROSOFT, &body).await;
        assert_eq!(reply.status, expected, "{tenant} {directory}: {reply:?}");
    }
    let (provider, app) = with_microsoft(engine, "common").await;
    let mut claims = claims(&provider, &app, DIRECTORY);
    claims["tid"] = json!(CONSUMERS);
    let reply = app.client().post(MICROSOFT, &body_of_token(&provider, &claims)).await;
    assert_refused(&reply, 401, "invalid_social_token");
}

async fn an_address_counts_only_if_the_owner_of_its_domain_has_confirmed_it(engine: Engine) {
    let (provider, app) = with_microsoft(engine, "common").await;
    app.signed_in(ADA).await;
    app.verify(ADA).await;
    let mut claims = claims(&provider, &app, DIRECTORY);
    for confirmed in [json!(false), json!("0"), json!(null)] {
        claims["xms_edov"] = confirmed;
        let reply = app.client().post(MICROSOFT, &body_of_token(&provider, &claims)).await;
        assert_refused(&reply, 400, "provider_email_unverified");
    }
    claims["xms_edov"] = json!("1");
    assert_signed_in(&app.client().post(MICROSOFT, &body_of_token(&provider, &claims)).await);
}
