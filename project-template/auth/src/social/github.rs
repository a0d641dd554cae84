//! GitHub has no ID tokens: its API says who the user is, and which addresses are theirs.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::profile::{Profile, names};
use super::provider::{Exchange, Identity, Provider, with_error_code};
use super::provider_settings::Provider as Settings;
use super::trouble::Trouble;
use crate::clock::Moment;
use crate::email::Email;
use crate::fetch::Address;

const PUBLIC: &str = "https://github.com";
const PUBLIC_API: &str = "https://api.github.com";

#[derive(Deserialize)]
struct User {
    /// A login can be renamed, and then be another user's.
    id: u64,
    name: Option<String>,
}

#[derive(Deserialize)]
struct OfUser {
    email: String,
    primary: bool,
    verified: bool,
}

pub(super) fn authorization(settings: &Settings) -> String {
    format!("{}/login/oauth/authorize", settings.issuer)
}

pub(super) async fn by_code(provider: &Provider, exchange: &Exchange<'_>, now: Moment) -> Result<Identity, Trouble> {
    let settings = provider.settings();
    let endpoint = address(&format!("{}/login/oauth/access_token", settings.issuer))?;
    let tokens = provider.exchange(&endpoint, false, exchange, now).await?;
    let access = access_token(&tokens)?;
    // A server of one's own has its API below its address.
    let api = match settings.issuer.as_str() {
        PUBLIC => PUBLIC_API.to_owned(),
        own => format!("{}/api/v3", own.trim_end_matches('/')),
    };
    let user: User = read(&provider.get_with(&address(&format!("{api}/user"))?, access).await?)?;
    let addresses: Vec<OfUser> = read(&provider.get_with(&address(&format!("{api}/user/emails"))?, access).await?)?;
    let primary = addresses.into_iter().find(|address| address.primary);
    let (first_name, last_name) = names(None, None, user.name.as_deref());
    let profile = Profile {
        is_vouched_for: primary.as_ref().is_some_and(|address| address.verified),
        email: primary.and_then(|address| Email::parse(&address.email)),
        first_name,
        last_name,
    };
    Ok(Identity { uid: user.id.to_string(), profile })
}

/// An error is 200 too.
fn access_token(answer: &Map<String, Value>) -> Result<&str, Trouble> {
    let access = answer.get("access_token").and_then(Value::as_str);
    access.ok_or_else(|| Trouble::refused(with_error_code("the code brought no access token".to_owned(), answer)))
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| Trouble::Unavailable(anyhow::anyhow!("its API answers: {error}")))
}

fn address(url: &str) -> Result<Address, Trouble> {
    Address::parse(url).ok_or_else(|| Trouble::Unavailable(anyhow::anyhow!("the issuer is no address")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_log_says_what_github_calls_the_error() {
        let refusal = |answer: Value| {
            let trouble = access_token(answer.as_object().unwrap()).unwrap_err();
            let Trouble::Refused(cause) = trouble else { panic!("{trouble:?}") };
            cause.to_string()
        };
        let no_token = "the code brought no access token";
        assert_eq!(
            refusal(json!({ "error": "incorrect_client_credentials", "error_description": "..." })),
            format!("{no_token}, incorrect_client_credentials")
        );
        assert_eq!(refusal(json!({ "error": "two\nlines" })), no_token);
    }
}
