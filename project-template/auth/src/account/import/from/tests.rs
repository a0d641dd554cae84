use clap::ValueEnum;
use serde_json::{Value, json};

use super::*;

fn translated(system: System, row: &Value) -> Content {
    translate(system, None, Content::parse(row.to_string().as_bytes()).unwrap())
}

#[test]
fn privileges_of_another_system_grant_none_here() {
    let row = json!({
        "email": "a@example.com", "is_superuser": true, "isStaff": "t", "Is-Staff": 1, "role": 300, "ROLE": 1000, "traits": {},
    });
    for system in System::value_variants().iter().filter(|system| **system != System::Django) {
        let translated = translated(*system, &row);
        for name in translated.fields.keys().map(|name| name.to_lowercase().replace(['_', '-'], "")) {
            assert!(!["role", "isstaff", "issuperuser"].contains(&name.as_str()), "{system:?} {name}");
        }
        assert!(translated.fields.contains_key("email"), "{system:?}");
    }
    let admin = translated(System::BetterAuth, &json!({ "email": "a@example.com", "role": "admin" }));
    assert!(admin.left.notes[0].contains("its role `admin`"), "{:?}", admin.left.notes);
    assert_eq!(admin.fields.get("role"), None);
}

#[test]
fn an_address_of_a_kratos_identity_is_found_wherever_its_schema_puts_it() {
    let of = |row: &Value| translated(System::Kratos, row).fields["email"].clone();
    let address = json!([{ "via": "sms", "value": "+1" }, { "via": "email", "value": "a@example.com" }]);
    assert_eq!(
        of(&json!({ "traits": { "email": "t@example.com" }, "verifiable_addresses": address })),
        "t@example.com"
    );
    assert_eq!(of(&json!({ "traits": { "mail": "x" }, "verifiable_addresses": address })), "a@example.com");
    let credentials = json!({ "password": { "identifiers": ["ada", "i@example.com"] } });
    assert_eq!(of(&json!({ "traits": {}, "credentials": credentials })), "i@example.com");
    assert_eq!(of(&json!({ "traits": {} })), "");
}

#[test]
fn a_password_that_keycloak_did_not_hash_is_none() {
    let of = |credential: Value| {
        let row = json!({ "email": "a@example.com", "credentials": [credential] });
        translated(System::Keycloak, &row).fields["password"].clone()
    };
    assert_eq!(of(json!({ "type": "password", "value": "in plain" })), "$plain$");
    let data = "{\"algorithm\":\"ldap-ssha\",\"hashIterations\":1}";
    let secret = "{\"value\":\"AAAA\",\"salt\":\"AAAA\"}";
    assert_eq!(of(json!({ "type": "password", "credentialData": data, "secretData": secret })), "$ldap-ssha$");
}

#[test]
fn a_ban_of_better_auth_ends_when_it_says() {
    let row = json!({ "email": "a@example.com", "banned": true, "banExpires": "2026-01-01T00:00:00.000Z" });
    let translated = translated(System::BetterAuth, &row);
    assert_eq!(translated.fields.get("banned"), None);
    assert_eq!(translated.fields["banned_until"], "2026-01-01T00:00:00.000Z");
}

fn signs(row: &Value) -> Vec<System> {
    signs_of(&Content::parse(row.to_string().as_bytes()).unwrap()).collect()
}

#[test]
fn a_table_of_one_system_is_not_taken_for_another() {
    let hash = "pbkdf2:sha256:1$a$b";
    for (row, systems) in [
        (json!({ "id": 1, "email": "a", "password": "x" }), &[][..]),
        (json!({ "id": 1, "email": "a", "password_hash": "x" }), &[]),
        (json!({ "id": 1, "email": "a", "email_verified": true, "created_at": "x", "password": "x" }), &[]),
        (json!({ "id": 1, "email": "a", "password_hash": hash }), &[System::Werkzeug]),
        (json!({ "id": 1, "email": "a", "password": "scrypt:1:1:1$a$b" }), &[System::Werkzeug]),
        (json!({ "email": "a", "password": hash, "email_verified_at": "x" }), &[System::Werkzeug, System::Laravel]),
        (json!({ "email": "a", "encrypted_password": "x" }), &[System::Devise]),
        (json!({ "email": "a", "encrypted_password": "x", "email_confirmed_at": null }), &[System::Supabase]),
        (json!({ "email": "a", "encrypted_password": "x", "aud": "x", "sign_in_count": 0 }), &[System::Devise]),
        (json!({ "email": "a", "emailverified": "t", "createdat": "x", "updatedat": "x" }), &[System::BetterAuth]),
    ] {
        assert_eq!(signs(&row), systems, "{row}");
    }
    let dump = json!({ "model": "auth.user", "fields": { "email": "a", "password": "x", "email_verified_at": null } });
    assert_eq!(signs(&dump), [System::Django], "a dump names its models");
}

#[test]
fn the_language_of_a_person_is_found_where_each_system_keeps_it() {
    for (system, row) in [
        (System::Keycloak, json!({ "email": "a@example.com", "attributes": { "locale": ["de"] } })),
        (System::Kratos, json!({ "traits": { "email": "a@example.com", "locale": "de" } })),
        (System::Supabase, json!({ "email": "a@example.com", "raw_user_meta_data": { "locale": "de" } })),
        (System::Laravel, json!({ "email": "a@example.com", "locale": "de" })),
    ] {
        assert_eq!(translated(system, &row).fields["locale"], "de", "{system:?}");
    }
}
