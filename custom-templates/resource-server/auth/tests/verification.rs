//! What a service believes that trusts another server's keys.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use auth::testing::{Issuer, Service};
use auth::tokens::{Algorithm, Typ};
use auth::{Auth, CurrentUser, Settings, Staff};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use secrecy::SecretString;

const SEAL: &str = "one:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_SEAL: &str = "two:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA";

fn app(auth: Auth) -> Router {
    Router::new()
        .route("/me/", get(|user: CurrentUser| async move { user.id().to_string() }))
        .route("/staff/", get(|staff: Staff| async move { staff.id().to_string() }))
        .merge(auth.router())
        .with_state(auth)
}

async fn service(issuer: &Issuer) -> Service {
    issuer.trusted_by(issuer.settings(), app).await
}

async fn status(service: &Service, token: &str) -> u16 {
    service.get("/me/", Some(token)).await.0.as_u16()
}

#[tokio::test]
async fn a_token_of_the_other_server_names_its_user_and_role() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    let (token, staff) = (issuer.token().signed(), issuer.token().role(900).signed());
    assert_eq!(status(&service, &token).await, 200);
    assert_eq!(service.get("/staff/", Some(&token)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(service.get("/staff/", Some(&staff)).await.0, StatusCode::OK);
    let (stranger, body) = service.get("/me/", None).await;
    assert!(stranger == StatusCode::UNAUTHORIZED && body.contains("not_authenticated"), "{body}");
}

#[tokio::test]
async fn a_token_for_or_by_somebody_else_of_another_kind_or_too_old_is_refused() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    let stranger = Issuer::start().await;
    let day = Duration::from_hours(24);
    for (what, token) in [
        ("issuer", issuer.token().issuer("another").signed()),
        ("audience", issuer.token().audience("another").signed()),
        ("kind", issuer.token().refresh().signed()),
        ("lifetime", issuer.token().lifetime(day).signed()),
        ("key", stranger.token().signed()),
    ] {
        let (status, body) = service.get("/me/", Some(&token)).await;
        assert!(status == StatusCode::UNAUTHORIZED && body.contains("token_not_valid"), "{what}: {body}");
    }
    let token = issuer.token().signed();
    assert_eq!(status(&service, &token).await, 200);
    issuer.clock.advance(Duration::from_hours(1) + Duration::from_secs(29));
    assert_eq!(status(&service, &token).await, 200);
    issuer.clock.advance(Duration::from_secs(1));
    let (status, body) = service.get("/me/", Some(&token)).await;
    assert!(status == StatusCode::UNAUTHORIZED && body.contains("Token is expired"), "{body}");
}

#[tokio::test]
async fn the_issuer_is_the_address_of_the_keys_or_the_name_that_the_server_has_without_one() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    assert_eq!(issuer.settings().tokens.issuer, issuer.url());
    let named = [(issuer.url(), 200), ("jwt-allauth".to_owned(), 200), ("http://127.0.0.1".to_owned(), 401)];
    for (name, expected) in named {
        assert_eq!(status(&service, &issuer.token().issuer(&name).signed()).await, expected, "{name}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_set_is_the_only_one_but_for_those_that_are_named() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.tokens.issuer = "https://auth.example.com".to_owned();
    settings.tokens.accepted_issuers = vec!["https://old.example.com".to_owned()];
    let service = issuer.trusted_by(settings, app).await;
    for (name, expected) in [
        ("https://auth.example.com", 200),
        ("https://old.example.com", 200),
        ("jwt-allauth", 401),
        (issuer.url().as_str(), 401),
    ] {
        assert_eq!(status(&service, &issuer.token().issuer(name).signed()).await, expected, "{name}");
    }
}

#[test]
fn an_issuer_that_cannot_be_told_from_the_address_of_the_keys_has_to_be_set() {
    let load = |toml: &str| {
        let toml = format!("[tokens]\njwks_url = \"https://auth.example.com/keys\"\n{toml}");
        Settings::load(Path::new("settings.toml"), &toml, &BTreeMap::new()).map_err(|problems| problems.to_string())
    };
    let problems = load("").unwrap_err();
    assert!(problems.contains("`tokens.issuer` must be set, since tokens.jwks_url does not end in"), "{problems}");
    assert_eq!(load("issuer = \"https://auth.example.com\"").unwrap().tokens.issuer, "https://auth.example.com");
}

#[tokio::test]
async fn a_token_of_the_type_jwt_is_accepted_where_that_is_set_alone() {
    let issuer = Issuer::start().await;
    let (usual, plain) = (issuer.token().signed(), issuer.token().typ(Typ::Jwt).signed());
    let strict = service(&issuer).await;
    assert_eq!([status(&strict, &usual).await, status(&strict, &plain).await], [200, 401]);
    let mut settings = issuer.settings();
    settings.tokens.typ = Typ::Jwt;
    let lenient = issuer.trusted_by(settings, app).await;
    assert_eq!([status(&lenient, &usual).await, status(&lenient, &plain).await], [200, 200]);
    assert_eq!(status(&lenient, &issuer.token().refresh().signed()).await, 401);
}

#[tokio::test]
async fn a_new_key_is_seen_without_a_restart_and_the_old_ones_go_on() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    issuer.clock.advance(Duration::from_secs(10));
    issuer.rotate(Algorithm::Es256);
    assert_eq!(status(&service, &issuer.token().signed()).await, 200);
    assert_eq!(status(&service, &issuer.token().by_key_before(1).signed()).await, 200);
    assert_eq!(issuer.times_asked(), 2);
}

#[tokio::test]
async fn a_key_that_is_taken_back_is_believed_for_five_minutes_at_most() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    let token = issuer.token().signed();
    assert_eq!(status(&service, &token).await, 200);
    issuer.rotate(Algorithm::EdDsa);
    issuer.forget_old_keys();
    issuer.clock.advance(Duration::from_mins(5));
    // The first one to come has the keys fetched and does not wait for them.
    let mut believed = status(&service, &token).await;
    for _ in 0..1000 {
        if believed != 401 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            believed = status(&service, &token).await;
        }
    }
    assert_eq!(believed, 401);
    assert_eq!(issuer.times_asked(), 2);
}

#[tokio::test]
async fn keys_that_do_not_exist_are_asked_for_once_in_ten_seconds() {
    let (issuer, stranger) = (Issuer::start().await, Issuer::start().await);
    let service = service(&issuer).await;
    for round in 1..=3 {
        issuer.clock.advance(Duration::from_secs(10));
        for _ in 0..20 {
            assert_eq!(status(&service, &stranger.token().signed()).await, 401);
        }
        assert_eq!(issuer.times_asked(), 1 + round);
    }
}

#[tokio::test]
async fn while_the_other_server_is_down_the_last_keys_count() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    issuer.set_down(true);
    for _ in 0..3 {
        issuer.clock.advance(Duration::from_hours(1));
        assert_eq!(status(&service, &issuer.token().signed()).await, 200);
    }
}

#[tokio::test]
async fn keys_that_could_not_be_fetched_for_long_are_forgotten() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.tokens.keys_lifetime = Duration::from_hours(2);
    let service = issuer.trusted_by(settings, app).await;
    issuer.set_down(true);
    for (hours, expected) in [(1, 200), (1, 503), (1, 503)] {
        issuer.clock.advance(Duration::from_hours(hours));
        assert_eq!(status(&service, &issuer.token().signed()).await, expected);
    }
    assert_eq!(service.get("/health/ready/", None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    issuer.set_down(false);
    issuer.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&service, &issuer.token().signed()).await, 200);
}

#[tokio::test]
async fn a_clock_that_is_set_back_has_keys_fetched_and_not_waited_for() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    issuer.clock.advance(Duration::from_hours(1));
    assert_eq!(status(&service, &issuer.token().signed()).await, 200);
    issuer.clock.set_back(Duration::from_hours(1));
    issuer.rotate(Algorithm::Es256);
    assert_eq!(status(&service, &issuer.token().signed()).await, 200, "a new key");
}

#[tokio::test]
async fn a_token_of_a_server_whose_clock_is_a_little_fast_is_accepted() {
    let issuer = Issuer::start().await;
    let service = service(&issuer).await;
    let token = issuer.token().signed();
    issuer.clock.set_back(Duration::from_mins(5));
    assert_eq!(status(&service, &token).await, 200);
    issuer.clock.set_back(Duration::from_secs(1));
    assert_eq!(status(&service, &token).await, 401);
}

#[tokio::test]
async fn a_service_that_starts_first_answers_503_until_there_are_keys() {
    let issuer = Issuer::start().await;
    issuer.set_down(true);
    let service = service(&issuer).await;
    let token = issuer.token().signed();
    assert_eq!(status(&service, &token).await, 503);
    assert_eq!(service.get("/health/ready/", None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    issuer.set_down(false);
    issuer.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&service, &token).await, 200);
    assert_eq!(service.get("/health/ready/", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn sealed_tokens_are_opened_where_there_is_a_key_and_plain_ones_then_refused() {
    let issuer = Issuer::start().await;
    let with = |keys: &[&str]| {
        let mut settings: Settings = issuer.settings();
        settings.tokens.encryption_keys = keys.iter().map(|key| SecretString::from(*key)).collect();
        settings
    };
    let (plain, sealed) = (issuer.token().signed(), issuer.token().sealed(SEAL).signed());
    for (keys, expected) in [
        (&[][..], [200, 401]),
        (&[SEAL], [401, 200]),
        (&[OTHER_SEAL], [401, 401]),
        (&[OTHER_SEAL, SEAL], [401, 200]),
        (&[SEAL, "plain"], [200, 200]),
    ] {
        let service = issuer.trusted_by(with(keys), app).await;
        assert_eq!([status(&service, &plain).await, status(&service, &sealed).await], expected, "{keys:?}");
    }
}
