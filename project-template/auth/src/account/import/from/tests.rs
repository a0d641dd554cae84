use serde_json::{Value, json};

use super::*;

fn translated(system: System, row: &Value) -> Content {
    translate(system, None, Content::parse(row.to_string().as_bytes()).unwrap())
}

#[test]
fn privileges_of_another_system_grant_none_here() {
    let row = json!({ "email": "a@example.com", "is_superuser": true, "is_staff": true, "role": 1000, "traits": {} });
    for system in [System::Supabase, System::Auth0, System::Keycloak, System::Firebase, System::Kratos] {
        let translated = translated(system, &row);
        for name in ["role", "is_staff", "is_superuser"] {
            assert_eq!(translated.fields.get(name), None, "{system:?} {name}");
        }
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

#[test]
fn a_table_of_one_system_is_not_taken_for_another() {
    let of = |row: Value| looks_like(&Content::parse(row.to_string().as_bytes()).unwrap());
    assert_eq!(of(json!({ "id": 1, "email": "a", "password": "x" })), None);
    assert_eq!(of(json!({ "id": 1, "email": "a", "password_hash": "x" })), None);
    assert_eq!(of(json!({ "id": 1, "email": "a", "email_verified": true, "created_at": "x", "password": "x" })), None);
    assert_eq!(of(json!({ "id": 1, "email": "a", "password_hash": "pbkdf2:sha256:1$a$b" })), Some(System::Werkzeug));
    let django =
        json!({ "model": "auth.user", "fields": { "email": "a", "password": "x", "email_verified_at": null } });
    assert_eq!(of(django), None, "a dump names its models");
}
