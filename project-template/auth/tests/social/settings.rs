//! `[social]`: what is read, and what is refused at the start.

use std::collections::BTreeMap;
use std::path::Path;

use auth::Settings;
use auth::social::Kind;
use secrecy::ExposeSecret;

fn read(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variables: BTreeMap<_, _> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::load(Path::new("settings.toml"), toml, &variables).map_err(|problems| problems.to_string())
}

#[test]
fn a_known_provider_needs_an_id_only_and_every_key_can_be_a_variable() {
    let variables = [
        ("JWT_ALLAUTH__SOCIAL__PROVIDERS__GOOGLE__CLIENT_SECRET", "s=e,cret"),
        ("JWT_ALLAUTH__SOCIAL__PROVIDERS__COMPANY__ISSUER", "https://id.example.com"),
        ("JWT_ALLAUTH__SOCIAL__PROVIDERS__COMPANY__CLIENT_IDS", "shop,app"),
        ("JWT_ALLAUTH__SOCIAL__PROVIDERS__COMPANY__TRUST_EMAIL", "true"),
    ];
    let settings = read("[social.providers.google]\nclient_ids = [\"web\"]", &variables).unwrap().social;
    let [company, google] = &settings.providers[..] else { panic!("{settings:?}") };
    assert_eq!(
        (google.kind, google.name.as_str(), google.issuer.as_str()),
        (Kind::Google, "Google", "https://accounts.google.com")
    );
    assert_eq!(google.client_secret.as_ref().unwrap().expose_secret(), "s=e,cret");
    assert_eq!((company.kind, company.trusts_email), (Kind::Oidc, true));
    assert_eq!(company.client_ids, ["shop", "app"]);
    let whole = [("JWT_ALLAUTH__SOCIAL__PROVIDERS", r#"{"github":{"client_ids":["x"]}}"#)];
    assert_eq!(read("", &whole).unwrap().social.providers[0].kind, Kind::Github);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from a file\n").unwrap();
    let mounted = [("JWT_ALLAUTH__SOCIAL__PROVIDERS__GOOGLE__CLIENT_SECRET_FILE", file.path().to_str().unwrap())];
    let settings = read("[social.providers.google]\nclient_ids = [\"web\"]", &mounted).unwrap().social;
    assert_eq!(settings.providers[0].client_secret.as_ref().unwrap().expose_secret(), "from a file");
    assert!(read("", &[]).unwrap().social.providers.is_empty());
}

#[test]
fn in_development_a_provider_sends_browsers_back_to_localhost_as_the_documentation_says() {
    let link = |toml: &str| read(&format!("[passkeys]\nenabled = false\n{toml}"), &[]).unwrap().http.link("/");
    assert_eq!(link("[social.providers.google]\nclient_ids = [\"web\"]"), "http://localhost:8000/jwt-allauth/");
    assert_eq!(link(""), "http://127.0.0.1:8000/jwt-allauth/");
}

#[test]
fn what_cannot_work_or_would_be_unsafe_is_named_with_its_place() {
    let provider = |lines: &str| format!("[social.providers.company]\nclient_ids = [\"x\"]\n{lines}");
    for (toml, place, words) in [
        (provider(""), "social.providers.company.issuer", "must be the address"),
        (provider("issuer = \"http://id.example.com\""), "social.providers.company.issuer", "must be the address"),
        (provider("issuer = \"ftp://id.example.com\""), "social.providers.company.issuer", "must be the address"),
        (
            provider("issuer = \"https://id.example.com\"\nsecret = \"x\""),
            "social.providers.company.secret",
            "is not a setting",
        ),
        (
            provider("issuer = \"https://id.example.com\"\nkind = \"x\""),
            "social.providers.company.kind",
            "must be one of",
        ),
        ("[social.providers.google]".to_owned(), "social.providers.google.client_ids", "must have the id"),
        ("[social.providers.Google]\nclient_ids = [\"x\"]".to_owned(), "social.providers.Google", "is not a name"),
        ("[social.providers.accounts]\nclient_ids = [\"x\"]".to_owned(), "social.providers.accounts", "is not a name"),
        ("[social.providers]\ngoogle = \"x\"".to_owned(), "social.providers.google", "must be a section"),
        (
            "[social.providers.apple]\nclient_ids = [\"x\"]\nkey_id = \"K\"".to_owned(),
            "social.providers.apple.private_key",
            "goes together",
        ),
        (
            "[social.providers.microsoft]\nclient_ids = [\"x\"]\ntrust_email = true".to_owned(),
            "social.providers.microsoft.trust_email",
            "needs the tenant",
        ),
        ("[social]\ntimeout = \"6s\"".to_owned(), "social.timeout", "must be from"),
        ("[social]\nredirect = \"//x\"".to_owned(), "social.redirect", "must be an address"),
    ] {
        let refused = read(&toml, &[]).unwrap_err();
        assert!(refused.contains(&format!("`{place}` {words}")), "{toml}: {refused}");
    }
    let plain = provider("issuer = \"http://127.0.0.1:9000\"");
    assert!(read(&plain, &[]).is_ok(), "in development, on this machine");
    let production = format!("environment = \"production\"\n{plain}");
    assert!(read(&production, &[]).unwrap_err().contains("social.providers.company.issuer` must begin with https://"));
    let unfinished = "[social.providers.google]\nclient_ids = [\"replace me\"]\n";
    assert!(read(unfinished, &[]).is_ok(), "in development the server starts");
    let production = format!("environment = \"production\"\n{unfinished}");
    assert!(read(&production, &[]).unwrap_err().contains("social.providers.google.client_ids` must have the id"));
    for variable in
        ["JWT_ALLAUTH__SOCIAL__PROVIDERS__", "JWT_ALLAUTH__SOCIAL__OTHER__X", "JWT_ALLAUTH__SOCIAL__TIMEOUT__X"]
    {
        assert!(read("", &[(variable, "x")]).unwrap_err().contains("there is no setting"), "{variable}");
    }
}
