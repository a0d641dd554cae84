//! Pages on which people sign in, and keep their ways to sign in: an authenticator app, recovery codes, passkeys,
//! accounts at other services. They are in two places: with the admin pages, for staff; and, where `[portal]` says so, at `account/` below the
//! prefix of the API, for everybody, so that an application needs no front end of its own for them.
//!
//! They are forms that work without their script, except those of passkeys, which need a browser's. Signing in begins an
//! ordinary session, so everything that ends sessions ends it. The browser holds a separate sealed cookie for the pages
//! of the place only (`gate`). Each request looks up the session and the account, so a revoked role takes effect at
//! once. What changes a way to sign in needs a proof that is at most five minutes old (`proof`).

mod done;
mod door;
mod entering;
mod entry;
mod gate;
mod own;
mod own_passkeys;
mod place;
mod proof;
mod providers;
mod settings;
pub(crate) mod shown;

pub(crate) use done::Done;
pub(crate) use gate::{Posted, Visitor, refuse};
pub(crate) use place::Place;
pub(crate) use proof::{Proven, prove, ways};
pub use settings::Settings;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::routing::MethodRouter;

use crate::Auth;
use crate::http::Client;

/// The names of the cookies, which no other cookie may have.
pub(crate) const COOKIES: [&str; 6] = place::COOKIES;

type Route = (&'static str, MethodRouter<Auth>);

/// The pages of a place, and `others` behind the same gate. Every path works without the slash at its end.
pub(crate) fn router(auth: &Auth, place: Place, others: impl IntoIterator<Item = Route>) -> Router<Auth> {
    let base = place.base(auth.settings());
    let entry = entry::routes()
        .into_iter()
        .chain(providers::routes())
        .chain(others)
        .map(|(rest, methods)| (format!("{base}{rest}"), methods));
    let own = own::routes().into_iter().chain(own_passkeys::routes()).chain(providers::own_routes());
    let own = own.map(|(rest, methods)| (format!("{base}{}{rest}", place.own()), methods));
    let at = |router: Router<Auth>, (path, methods): (String, MethodRouter<Auth>)| match path.strip_suffix('/') {
        Some(shorter) => router.route(shorter, methods.clone()).route(&path, methods),
        None => router.route(&path, methods),
    };
    let gate = move |auth: State<Auth>, client: Client, request: Request, next: Next| {
        gate::gate(auth, place, client, request, next)
    };
    entry.chain(own).fold(Router::new(), at).layer(middleware::from_fn_with_state(auth.clone(), gate))
}
