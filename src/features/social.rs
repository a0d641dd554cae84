//! `social=…`: a section for each provider.

use super::env::Secret;
use super::known::Site;
use super::settings::Setting;

/// A server starts with it, and since it has a space, no provider can ever give it to an application of somebody else, whose
/// tokens would be accepted.
const PLACEHOLDER: &str = "replace me";

pub(super) const NAMES: [&str; 5] = ["google", "github", "apple", "microsoft", "gitlab"];

struct Provider {
    title: &'static str,
    /// Keys beside the client ID, each with the value it begins with.
    keys: &'static [(&'static str, &'static str)],
    /// The key of its secret, and what that is.
    secret: (&'static str, &'static str),
}

fn provider(name: &str) -> Provider {
    let with = |title, keys| Provider { title, keys, secret: ("client_secret", "client secret") };
    match name {
        "google" => with("Google", &[]),
        "github" => with("GitHub", &[]),
        "microsoft" => with("Microsoft", &[("tenant", "common")]),
        "gitlab" => with("GitLab", &[]),
        // Empty values count as missing, and a provider may have none of the three.
        _ => Provider {
            title: "Apple",
            keys: &[("team_id", ""), ("key_id", "")],
            secret: ("private_key", "private key, or the name of its file"),
        },
    }
}

pub(super) fn setting(name: &str) -> Setting {
    let keys = provider(name).keys.iter().map(|(key, value)| format!("{key} = \"{value}\"\n"));
    let body = format!("client_ids = [\"{PLACEHOLDER}\"]\n{}", keys.collect::<String>());
    Setting::Section { name: format!("social.providers.{name}"), body }
}

pub(super) fn secrets(name: &str) -> Vec<Secret> {
    let Provider { title, secret: (_, what), .. } = provider(name);
    vec![Secret { variable: variable(name), about: format!("{title}'s {what}") }]
}

pub(super) fn steps(name: &str, site: &Site) -> Vec<String> {
    let Provider { title, keys, secret: (_, what) } = provider(name);
    let path = format!("/social/{name}/callback/");
    let address = match site {
        Site::Public(site) => format!("{site}{path}"),
        Site::Here { production, .. } if name == "apple" => {
            format!("{production}{path} (none on localhost: use a tunnel)")
        }
        Site::Here { now, production } => format!("{now}{path}, and {production}{path} for production"),
    };
    let keys = ["client_ids"].into_iter().chain(keys.iter().map(|(key, _)| *key)).collect::<Vec<_>>().join(", ");
    vec![
        format!("{title}: create an application there, with the redirect address {address}; see docs/social.md"),
        format!(
            "{title}: set {keys} of [social.providers.{name}] in settings.toml, and {} in .env: the {what}. Until then {title} \
             refuses sign-ins",
            variable(name)
        ),
    ]
}

fn variable(name: &str) -> String {
    let (key, _) = provider(name).secret;
    format!("JWT_ALLAUTH__SOCIAL__PROVIDERS__{}__{}", name.to_uppercase(), key.to_uppercase())
}
