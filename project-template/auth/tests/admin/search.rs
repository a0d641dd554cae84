//! How accounts are found.

use auth::db::Db;
use auth::email_verification::Mode;
use auth::on;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use serde_json::json;

use super::lists::list;
use super::{ADA, BOSS, HELPER, html, id, router, signed_in, start};

auth::on_both_engines!(
    any_part_of_an_address_finds_it_and_so_does_its_id,
    a_domain_finds_everybody_at_it_in_either_form,
    names_are_found_whatever_their_case_accents_and_order,
    one_or_two_letters_are_the_beginning_of_a_word,
    no_letter_means_more_than_itself,
    staff_are_searched_apart,
    what_finds_an_account_follows_its_names_and_its_address,
    a_sign_up_with_a_known_address_changes_and_leaves_nothing,
    a_deleted_account_leaves_none_of_its_words,
    accounts_from_before_the_index_are_found_after_the_upgrade,
    instances_that_upgrade_at_once_index_each_account_once,
);

async fn named(app: &TestApp, email: &str, first: &str, last: &str) -> Client {
    let client = app.signed_in(email).await;
    let reply = client.patch("/jwt-allauth/user/", &json!({ "first_name": first, "last_name": last })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    client
}

/// Whom a search finds, newest first.
async fn find(browser: &mut Client, searched: &str) -> Vec<String> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", searched).finish();
    list(browser, &format!("?{query}")).await
}

/// The words that are kept, of whomever.
async fn all_words(app: &TestApp) -> Vec<String> {
    on!(app.auth.db(), pool => sqlx::query_scalar("select words from user_search order by number").fetch_all(pool).await)
        .unwrap()
}

async fn any_part_of_an_address_finds_it_and_so_does_its_id(engine: Engine) {
    let app = start(engine).await;
    app.signed_in("Adelheid.von-Ada+shop@mail.example.org").await;
    let (long, mut boss) = ("adelheid.von-ada+shop@mail.example.org", signed_in(&app, BOSS).await);
    let shown = "Adelheid.von-Ada+shop@mail.example.org";
    for part in [long, shown, "heid", "von-a", "+shop@m", "ada+", "mail.example", "example.org", " HEID "] {
        assert_eq!(find(&mut boss, part).await, [shown], "{part}");
    }
    assert_eq!(find(&mut boss, "ada").await, [shown, ADA], "newest first");
    assert_eq!(find(&mut boss, "adb").await, [""; 0]);
    assert_eq!(find(&mut boss, &id(&app, ADA).await.to_string()).await, [ADA]);
    assert_eq!(find(&mut boss, "  ").await, [shown, ADA, HELPER, BOSS]);
}

async fn a_domain_finds_everybody_at_it_in_either_form(engine: Engine) {
    let app = start(engine).await;
    for email in ["a@bücher.example", "b@xn--bcher-kva.example", "c@shop.bücher.example"] {
        app.signed_in(email).await;
    }
    let mut boss = signed_in(&app, BOSS).await;
    assert_eq!(find(&mut boss, "@example.com").await, [ADA, HELPER, BOSS]);
    for domain in ["@bücher.example", "@BUCHER.example", "@xn--bcher-kva.example", "@xn--bcher"] {
        assert_eq!(find(&mut boss, domain).await, ["b@xn--bcher-kva.example", "a@bücher.example"], "{domain}");
    }
    assert_eq!(find(&mut boss, "bücher.example").await.len(), 3);
}

async fn names_are_found_whatever_their_case_accents_and_order(engine: Engine) {
    let app = start(engine).await;
    named(&app, "x1@example.com", "Zoë Marie", "Weiß-Núñez").await;
    named(&app, "x2@example.com", "Οδυσσεύς", "Ёлкин").await;
    named(&app, "x3@example.com", "伟", "李").await;
    let mut boss = signed_in(&app, BOSS).await;
    for part in ["zoë", "ZOE", "zoe\u{308}", "núñ", "nunez zoe", "weiss", "Marie x1@", "marie example.com"] {
        assert_eq!(find(&mut boss, part).await, ["x1@example.com"], "{part}");
    }
    for part in ["ΟΔΥΣΣΕΎΣ", "οδυσσευς", "елкин", "ЁЛК"] {
        assert_eq!(find(&mut boss, part).await, ["x2@example.com"], "{part}");
    }
    for part in ["李", "李 伟"] {
        assert_eq!(find(&mut boss, part).await, ["x3@example.com"], "{part}");
    }
    assert_eq!(find(&mut boss, "zoe ada").await, [""; 0], "every word is to be found");
}

async fn one_or_two_letters_are_the_beginning_of_a_word(engine: Engine) {
    let app = start(engine).await;
    named(&app, "x1@example.com", "Li", "Dahl").await;
    let mut boss = signed_in(&app, BOSS).await;
    assert_eq!(find(&mut boss, "da").await, ["x1@example.com"], "not within a word, as in ada");
    assert_eq!(find(&mut boss, "l").await, ["x1@example.com"]);
    assert_eq!(find(&mut boss, "b").await, [BOSS]);
    assert_eq!(find(&mut boss, "li d").await, ["x1@example.com"]);
}

async fn no_letter_means_more_than_itself(engine: Engine) {
    let app = start(engine).await;
    named(&app, "a_b@example.com", "x%y", "it's \"q\" back\\slash").await;
    named(&app, "axb@example.com", "xay", "its q backslash").await;
    let mut boss = signed_in(&app, BOSS).await;
    for part in ["a_b", "x%y", "it's", "\"q\"", "back\\s", "k\\sl", "a_b@ x%y"] {
        assert_eq!(find(&mut boss, part).await, ["a_b@example.com"], "{part}");
    }
    for part in
        ["%%%", "___", "'''", "\"\"\"", "\\\\\\", "a%b", "words:ada", "ada OR boss", "ada*", "ada\u{0}\nboss", "-"]
    {
        assert_eq!(find(&mut boss, part).await, [""; 0], "{part}");
    }
}

async fn staff_are_searched_apart(engine: Engine) {
    let app = start(engine).await;
    let mut boss = signed_in(&app, BOSS).await;
    assert_eq!(list(&mut boss, "?role=staff").await, [HELPER, BOSS]);
    for (searched, expected) in [
        ("h", &[HELPER][..]),
        ("elp", &[HELPER]),
        ("@example.com", &[HELPER, BOSS]),
        ("oss+exa", &[BOSS]),
        ("ada", &[]),
    ] {
        assert_eq!(list(&mut boss, &format!("?role=staff&q={searched}")).await, expected, "{searched}");
    }
    for (email, expected) in [(HELPER, &[HELPER][..]), (ADA, &[])] {
        assert_eq!(list(&mut boss, &format!("?role=staff&q={}", id(&app, email).await)).await, expected, "{email}");
    }
    let nobody = boss.visit(&format!("/admin/?role=staff&q={}", id(&app, ADA).await)).await;
    assert!(html(&nobody).contains("Nobody was found for “"), "{nobody:?}");
    assert!(html(&nobody).contains("Every word must occur in the address or the name."), "{nobody:?}");
}

async fn what_finds_an_account_follows_its_names_and_its_address(engine: Engine) {
    let app = start(engine).await;
    let ada = named(&app, "x1@example.com", "Augusta", "King").await;
    let mut boss = signed_in(&app, BOSS).await;
    assert_eq!(ada.patch("/jwt-allauth/user/", &json!({ "last_name": "Byron" })).await.status, 200);
    assert_eq!(find(&mut boss, "augusta byron").await, ["x1@example.com"]);
    assert_eq!(find(&mut boss, "king").await, [""; 0]);
    let asked = json!({ "email": "countess@lovelace.example", "password": PASSWORD });
    assert_eq!(ada.post("/jwt-allauth/user/email/", &asked).await.status, 200);
    let link = app.mailbox().await.latest("countess@lovelace.example").link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_eq!(find(&mut boss, "@lovelace augusta").await, ["countess@lovelace.example"]);
    assert_eq!(find(&mut boss, "x1@example").await, [""; 0]);
}

async fn a_sign_up_with_a_known_address_changes_and_leaves_nothing(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.registration.hide_existing = true;
    })
    .await;
    let sign_up = async |first: &str| {
        let body = json!({
            "email": ADA, "password1": PASSWORD, "password2": PASSWORD, "first_name": first, "last_name": "Byron",
        });
        assert_eq!(app.client().post("/jwt-allauth/registration/", &body).await.status, 201);
    };
    sign_up("Augusta").await;
    sign_up("Mallory").await;
    assert_eq!(all_words(&app).await, ["  ada@example.com  augusta  byron"]);
}

async fn a_deleted_account_leaves_none_of_its_words(engine: Engine) {
    let app = start(engine).await;
    let ada = named(&app, "x1@example.com", "ŧŧŧŧŧ", "").await;
    let parts = async || match engine {
        Engine::Sqlite => {
            let parts = "select count(*) from user_search_parts_data where instr(block, cast('ŧŧ' as blob)) > 0";
            on!(app.auth.db(), pool => sqlx::query_scalar::<_, i64>(parts).fetch_one(pool).await).unwrap()
        }
        // An index of PostgreSQL is cleared with its table, by vacuum.
        Engine::Postgres => 0,
    };
    assert_eq!(parts().await > 0, engine == Engine::Sqlite);
    assert_eq!(all_words(&app).await.len(), 4);
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
    assert!(!all_words(&app).await.concat().contains("x1@"));
    assert_eq!(parts().await, 0, "and it is not only marked as deleted");
    let mut boss = signed_in(&app, BOSS).await;
    assert_eq!(find(&mut boss, "ŧŧŧ").await, [""; 0]);
    assert_eq!(find(&mut boss, "@example.com").await, [ADA, HELPER, BOSS]);
}

/// Takes the last migration back, as in a database that an earlier version made.
async fn forget_the_index(app: &TestApp) {
    let statements: &[&str] = match app.auth.db() {
        Db::Sqlite(_) => &["drop table user_search_parts", "drop table user_search"],
        Db::Postgres(_) => &["drop table user_search", "drop function user_search_trigrams"],
    };
    for statement in statements.iter().chain(&["delete from _sqlx_migrations where version = 10"]) {
        on!(app.auth.db(), pool => sqlx::query(*statement).execute(pool).await.map(drop)).unwrap();
    }
}

async fn accounts_from_before_the_index_are_found_after_the_upgrade(engine: Engine) {
    let app = start(engine).await;
    named(&app, "x1@bücher.example", "Zoë Marie", "Weiß").await;
    named(&app, "x2@xn--bcher-kva.example", "Οδυσσεύς", "Ёлкин").await;
    named(&app, "x3@example.com", "Émile", "").await;
    let before = all_words(&app).await;
    forget_the_index(&app).await;
    let app = app.second_instance(router).await;
    assert_eq!(all_words(&app).await, before);
    let mut boss = signed_in(&app, BOSS).await;
    for part in ["zoe", "weiss", "ma weiss", "x1@bucher", "x1 @xn--bcher"] {
        assert_eq!(find(&mut boss, part).await, ["x1@bücher.example"], "{part}");
    }
    for part in ["οδυσσευς", "ЕЛК", "x2 @bücher"] {
        assert_eq!(find(&mut boss, part).await, ["x2@xn--bcher-kva.example"], "{part}");
    }
    assert_eq!(find(&mut boss, "emile").await, ["x3@example.com"]);
}

async fn instances_that_upgrade_at_once_index_each_account_once(engine: Engine) {
    let app = start(engine).await;
    for n in 0..20 {
        named(&app, &format!("x{n}@example.com"), "Zoë Marie", "").await;
    }
    let before = all_words(&app).await;
    forget_the_index(&app).await;
    tokio::join!(app.second_instance(router), app.second_instance(router), app.second_instance(router));
    assert_eq!(all_words(&app).await, before);
}
