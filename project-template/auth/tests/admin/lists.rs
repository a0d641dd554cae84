//! Lists, and how they go on.

use std::collections::BTreeSet;
use std::time::Duration;

use auth::on;
use auth::testing::{Client, Engine, TestApp};
use uuid::Uuid;

use super::{ADA, BOSS, html, id, signed_in, start, token};

auth::on_both_engines!(
    a_list_goes_on_without_a_gap_or_a_repetition,
    the_page_of_a_user_shows_sessions_and_what_happened,
    the_log_is_filtered_by_kind_user_and_actor,
    whatever_is_asked_is_answered,
    what_has_expired_is_counted_and_removed,
    names_and_addresses_are_text,
);

/// The addresses that a list links to.
fn listed(page: &str) -> Vec<String> {
    let links = page.split("<a href=\"/admin/users/").skip(1);
    links.map(|link| link.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()).collect()
}

pub(super) async fn list(browser: &mut Client, query: &str) -> Vec<String> {
    let reply = browser.visit(&format!("/admin/{query}")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    listed(html(&reply))
}

/// Accounts in between others, past the API.
async fn add(app: &TestApp, count: usize) {
    for number in 0..count {
        let (id, email) = (Uuid::now_v7(), format!("user{number:04}@example.com"));
        let user = "insert into users (id, email, email_key, created_at, updated_at) values ($1, $2, $2, $3, $3)";
        let words = "insert into user_search (user_id, words) values ($1, $2)";
        on!(app.auth.db(), pool => {
            sqlx::query(user).bind(id).bind(&email).bind(app.auth.now()).execute(pool).await.unwrap();
            sqlx::query(words).bind(id).bind(format!("  {email}")).execute(pool).await.unwrap();
        });
    }
}

async fn a_list_goes_on_without_a_gap_or_a_repetition(engine: Engine) {
    let app = start(engine).await;
    add(&app, 130).await;
    let mut boss = signed_in(&app, BOSS).await;
    for (begin, expected) in
        [("/admin/", 133), ("/admin/?q=user", 130), ("/admin/?q=ser00", 100), ("/admin/?q=@example.com", 133)]
    {
        let (mut path, mut seen, mut pages) = (begin.to_owned(), BTreeSet::new(), 0);
        loop {
            let reply = boss.visit(&path).await;
            let page = listed(html(&reply));
            assert!(page.len() <= 50 && page.iter().all(|email| seen.insert(email.clone())), "{path}");
            pages += 1;
            // Somebody new between two pages changes nothing of what follows.
            app.signed_in(&format!("between{pages}-{expected}@example.com")).await;
            let Some((_, next)) = html(&reply).split_once("class=\"button\" href=\"") else { break };
            path = next.split('"').next().unwrap().replace("&amp;", "&");
        }
        seen.retain(|email| !email.starts_with("between"));
        assert_eq!(seen.len(), expected, "{begin}");
        assert_eq!(pages, expected.div_ceil(50), "{begin}");
        on!(app.auth.db(), pool => {
            sqlx::query("delete from users where email_key like 'between%'").execute(pool).await.map(drop)
        })
        .unwrap();
    }
}

async fn the_page_of_a_user_shows_sessions_and_what_happened(engine: Engine) {
    let app = start(engine).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
    app.client().with_header("user-agent", firefox).login(ADA, auth::testing::PASSWORD).await;
    app.client().login(ADA, "wrong").await;
    app.audit_log().await;
    let mut boss = signed_in(&app, BOSS).await;
    let reply = boss.visit(&format!("/admin/users/{}/", id(&app, ADA).await)).await;
    let page = html(&reply);
    for part in [ADA, "Firefox on Linux", "Unknown device", "Sign in failed", "wrong password", "Deactivate"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let own = boss.visit(&format!("/admin/users/{}/", id(&app, BOSS).await)).await;
    assert!(html(&own).contains("This one") && !html(&own).contains("Deactivate"), "{own:?}");
}

async fn the_log_is_filtered_by_kind_user_and_actor(engine: Engine) {
    let app = start(engine).await;
    for _ in 0..3 {
        app.client().login(ADA, "wrong").await;
        app.client().login("nobody@example.com", "wrong").await;
        app.advance(Duration::from_mins(30));
    }
    app.audit_log().await;
    let mut boss = signed_in(&app, BOSS).await;
    let token = token(&boss.visit("/admin/").await);
    boss.submit(&format!("/admin/users/{}/reset/", id(&app, ADA).await), &[("csrf_token", &token)]).await;
    let ada = id(&app, ADA).await;
    let actor = id(&app, BOSS).await;
    for (query, expected) in [
        ("?kind=sign_in_failed".to_owned(), 6),
        (format!("?kind=sign_in_failed&user={ada}"), 3),
        ("?kind=sign_in_failed&user=ADA@example.com".to_owned(), 3),
        ("?user=unknown@example.com".to_owned(), 0),
        (format!("?actor={actor}"), 1),
        (format!("?actor={actor}&kind=sign_in"), 0),
        (format!("?actor={actor}&kind=password_reset_asked&user={ada}"), 1),
        ("?kind=nonsense".to_owned(), 14),
    ] {
        let reply = boss.visit(&format!("/admin/audit/{query}")).await;
        assert_eq!(html(&reply).matches("<tr role=\"row\">").count().saturating_sub(1), expected, "{query}: {reply:?}");
    }
}

async fn whatever_is_asked_is_answered(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    let long = "x".repeat(2_000);
    for odd in ["%00", "%ff", "'", "%22%3E%3Cscript%3E", "%F0%9F%92%A9", "a%40", "%E2%80%AE", &long, "-1", "null"] {
        for name in ["q", "role", "after", "kind", "user", "actor", "before", "else"] {
            for page in ["/admin/", "/admin/audit/", &format!("/admin/users/{}/", id(&app, ADA).await)] {
                let reply = boss.visit(&format!("{page}?{name}={odd}")).await;
                assert_eq!(reply.status, 200, "{page}?{name}={odd}: {reply:?}");
                assert!(!html(&reply).contains("<script"), "{reply:?}");
            }
        }
    }
}

async fn what_has_expired_is_counted_and_removed(engine: Engine) {
    let app = start(engine).await;
    app.advance(Duration::from_hours(24 * 15));
    let mut boss = signed_in(&app, BOSS).await;
    let page = boss.visit("/admin/upkeep/").await;
    assert!(html(&page).contains("<dt>Expired sessions</dt><dd>3</dd>"), "{page:?}");
    let token = token(&page);
    let done = boss.submit("/admin/upkeep/", &[("csrf_token", &token)]).await;
    assert!(html(&done).contains(" rows were removed.") && html(&done).contains("<dd>0</dd>"), "{done:?}");
    let last = app.audit_log().await.pop().unwrap();
    assert_eq!((last.kind.as_str(), last.actor_id), ("flushed", Some(id(&app, BOSS).await)));
    assert_eq!(boss.visit("/admin/").await.status, 200, "nobody is signed out by it");
}

async fn names_and_addresses_are_text(engine: Engine) {
    let app = start(engine).await;
    on!(app.auth.db(), pool => sqlx::query("update users set first_name = '<b>x</b>\"' where email_key = $1")
        .bind(ADA)
        .execute(pool)
        .await
        .map(drop))
    .unwrap();
    app.client().with_header("user-agent", "<i>y</i>").login(ADA, auth::testing::PASSWORD).await;
    let mut boss = signed_in(&app, BOSS).await;
    for page in ["/admin/?q=%3Cu%3E", &format!("/admin/users/{}/", id(&app, ADA).await), "/admin/audit/?user=%3Cu%3E"] {
        let reply = boss.visit(page).await;
        for tag in ["<b>", "<i>", "<u>"] {
            assert!(!html(&reply).contains(tag), "{page}");
        }
    }
}
