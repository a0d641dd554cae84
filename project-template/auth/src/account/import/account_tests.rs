use serde_json::json;
use time::macros::datetime;

use super::*;
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);

fn read(fields: &Value) -> Result<(ImportedAccount, Vec<String>), String> {
    let row = json!({ "model": "auth.user", "pk": 1, "fields": fields }).to_string();
    ImportedAccount::read(&Content::parse(row.as_bytes()).unwrap(), UtcOffset::UTC, NOW)
}

fn role(fields: &Value) -> (i64, usize) {
    let mut fields = fields.clone();
    fields["email"] = json!("a@example.com");
    let (account, notes) = read(&fields).unwrap_or_else(|reason| panic!("{fields}: {reason}"));
    (account.role, notes.len())
}

#[test]
fn the_flags_of_django_become_roles_and_a_role_below_staff_is_kept() {
    assert_eq!(role(&json!({})), (0, 0));
    assert_eq!(role(&json!({ "is_staff": true })), (900, 0));
    assert_eq!(role(&json!({ "is_superuser": true })), (1000, 0));
    assert_eq!(role(&json!({ "is_superuser": true, "is_staff": true })), (1000, 0));
    assert_eq!(role(&json!({ "role": 300 })), (300, 0));
    assert_eq!(role(&json!({ "role": "300", "is_staff": "t" })), (300, 0));
    assert_eq!(role(&json!({ "role": null, "is_staff": true })), (900, 0));
}

#[test]
fn a_number_that_means_something_else_in_django_grants_nothing_by_itself() {
    for stored in [900, 1000, 5000] {
        assert_eq!(role(&json!({ "role": stored })), (0, 1), "{stored}");
        assert_eq!(role(&json!({ "role": stored, "is_staff": true })), (900, 0), "{stored}");
        assert_eq!(role(&json!({ "role": stored, "is_superuser": true })), (1000, 0), "{stored}");
    }
}

#[test]
fn a_role_that_is_no_number_is_a_note_and_the_flags_decide() {
    for written in [json!("teacher"), json!("authenticated"), json!(1.5)] {
        assert_eq!(role(&json!({ "role": written })), (0, 1), "{written}");
        assert_eq!(role(&json!({ "role": written, "is_staff": true })), (900, 1), "{written}");
    }
    assert_eq!(role(&json!({ "role": "300.0", "is_staff": "0.0" })), (300, 0), "as pandas writes it");
}

#[test]
fn a_time_at_the_edge_of_the_calendar_is_none_and_numbers_are_since_1970() {
    let joined = |written: Value| read(&json!({ "email": "a@example.com", "date_joined": written }));
    for written in ["9999-12-31T23:59:59-05:00", "0000-01-01T00:00:00+23:59"] {
        assert!(joined(json!(written)).is_err_and(|reason| reason.contains("is not a time")), "{written}");
    }
    for written in [json!(1_614_834_367), json!(1_614_834_367_890_i64), json!(1_614_834_367.89)] {
        let (account, _) = joined(written.clone()).unwrap();
        assert_eq!(account.created_at, Some(datetime!(2021-03-04 05:06:07 UTC)), "{written}");
    }
    assert!(joined(json!(1e300)).is_err());
}

#[test]
fn a_time_without_a_zone_is_in_the_one_that_is_given() {
    let row =
        json!({ "email": "a@example.com", "date_joined": "2021-03-04 14:06:07", "last_login": "2021-03-04T05:06:07Z" });
    let row = Content::parse(row.to_string().as_bytes()).unwrap();
    let (account, _) = ImportedAccount::read(&row, UtcOffset::from_hms(9, 0, 0).unwrap(), NOW).unwrap();
    assert_eq!(account.created_at, Some(datetime!(2021-03-04 05:06:07 UTC)));
    assert_eq!(account.last_login_at, account.created_at);
}

#[test]
fn times_are_read_as_django_and_postgresql_write_them() {
    for written in [
        "2021-03-04T05:06:07Z",
        "2021-03-04T05:06:07.890Z",
        "2021-03-04T05:06:07.890123",
        "2021-03-04T07:06:07.890+02:00",
        "2021-03-04 05:06:07.890123+00",
        "2021-03-04 05:06:07+00:00",
        "2021-03-04 05:06:07",
    ] {
        let (account, _) = read(&json!({ "email": "a@example.com", "date_joined": written })).unwrap();
        assert_eq!(account.created_at, Some(datetime!(2021-03-04 05:06:07 UTC)), "{written}");
    }
}

#[test]
fn an_account_without_a_usable_hash_has_no_password_and_says_why_unless_it_never_had_one() {
    let of = |password: &str| {
        let (account, notes) = read(&json!({ "email": "a@example.com", "password": password })).unwrap();
        assert_eq!(account.password_hash, None, "{password}");
        notes
    };
    assert!(of("").is_empty());
    assert!(of("!jRkVsA0wbZDMFSQ9nEuAKgeDDNKQF5zqkzUh3Ksl").is_empty());
    assert!(of("md5$salt$d41d8cd98f00b204e9800998ecf8427e")[0].contains("(`md5`)"));
    assert!(of("$md5$salt$x")[0].contains("(`md5`)"));
    assert!(of("correct horse")[0].contains("(`unknown`)"), "what may be a password itself is not shown");
}

#[test]
fn a_row_that_cannot_be_an_account_says_why() {
    for (fields, reason) in [
        (json!({ "email": "" }), "no e-mail address"),
        (json!({ "email": null }), "no e-mail address"),
        (json!({ "email": "ada" }), "`ada` is not an e-mail address"),
        (json!({ "email": 7 }), "its `email` is not a text"),
        (json!({ "email": "a@example.com", "is_active": "perhaps" }), "its `is_active` is neither"),
        (json!({ "email": "a@example.com", "is_staff": 2 }), "its `is_staff` is neither"),
        (json!({ "email": "a@example.com", "first_name": "x".repeat(151) }), "more than 150"),
        (json!({ "email": "a@example.com", "last_name": "a\u{0}" }), "its `last_name` is not a text"),
        (json!({ "email": "a@example.com", "date_joined": "yesterday" }), "is not a time"),
    ] {
        let error = read(&fields).err().unwrap_or_else(|| panic!("{fields} was accepted"));
        assert!(error.contains(reason), "{fields}: {error}");
    }
}

#[test]
fn a_key_that_is_a_uuid_stays_the_accounts_id() {
    let id = Uuid::now_v7();
    let row = json!({ "model": "people.person", "pk": id, "fields": { "email": "a@example.com", "password": "!" } });
    let (account, _) =
        ImportedAccount::read(&Content::parse(row.to_string().as_bytes()).unwrap(), UtcOffset::UTC, NOW).unwrap();
    assert_eq!(account.id, Some(id));
    assert_eq!(read(&json!({ "email": "a@example.com" })).unwrap().0.id, None);
}

#[test]
fn a_message_quotes_no_more_than_fits_into_it() {
    let long = "x\u{1b}".repeat(50_000);
    for fields in [
        json!({ "email": long }),
        json!({ "email": "a@example.com", "date_joined": long }),
        json!({ "email": "a@example.com", "is_active": long }),
        json!({ "email": "a@example.com", "first_name": long }),
    ] {
        let reason = read(&fields).err().expect("a refusal");
        assert!(reason.len() < 500 && !reason.contains('\u{1b}'), "{} bytes", reason.len());
    }
    let banned = "is\u{1b}banned";
    for fields in [
        json!({ "role": long }),
        json!({ "role": [long] }),
        json!({ "password": format!("${long}$x") }),
        json!({ banned: true }),
    ] {
        let mut fields = fields;
        fields["email"] = json!("a@example.com");
        let (_, notes) = read(&fields).unwrap();
        assert!(notes[0].len() < 500 && !notes[0].contains('\u{1b}'), "{} bytes", notes[0].len());
    }
}

#[test]
fn the_language_is_read_by_the_names_that_systems_give_it_and_what_is_none_is_left_out() {
    let of = |fields: Value| {
        let mut fields = fields;
        fields["email"] = json!("a@example.com");
        read(&fields).unwrap().0.language
    };
    for (fields, language) in [
        (json!({ "language": "de" }), Some("de")),
        (json!({ "locale": "de_AT.UTF-8" }), Some("de-AT")),
        (json!({ "preferred_language": "pt-BR", "lang": "en" }), Some("pt-BR")),
        (json!({ "language": 1, "lang": "fr" }), Some("fr")),
        (json!({ "language": "German, I think" }), None),
        (json!({ "language": "" }), None),
        (json!({}), None),
    ] {
        assert_eq!(of(fields.clone()).as_deref(), language, "{fields}");
    }
}
