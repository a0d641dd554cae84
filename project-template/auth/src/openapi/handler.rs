use std::pin::Pin;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::Response;

use crate::Auth;

pub(crate) type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler whose type does not name the function, made by [`handler!`]. In half a dozen types around each handler the
/// compiler would otherwise prove anew that everything the function awaits is `Send`: half of the time of a build.
#[derive(Clone, Copy)]
pub(crate) struct Erased(pub(crate) fn(Request, Auth) -> Answer);

/// The named function as a handler: `get(handler!(show))`.
macro_rules! handler {
    ($function:path) => {
        $crate::openapi::Erased(|request, auth| $crate::openapi::answer($function, request, auth))
    };
}

/// The routes of handlers with their descriptions, as [`utoipa_axum::routes`] makes them.
macro_rules! routes {
    ($($function:ident),+) => {{
        $(let $function = $crate::openapi::handler!($function);)+
        ::utoipa_axum::routes!($($function),+)
    }};
}

pub(crate) use {handler, routes};

pub(crate) fn answer<T, H: Handler<T, Auth, Future = Answer>>(handler: H, request: Request, auth: Auth) -> Answer {
    handler.call(request, auth)
}

impl Handler<(), Auth> for Erased {
    type Future = Answer;

    fn call(self, request: Request, auth: Auth) -> Answer {
        self.0(request, auth)
    }
}
