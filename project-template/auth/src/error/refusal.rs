use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};

/// A refusal, declared once: its response and the description of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Never changes: programs depend on it.
    pub(crate) code: &'static str,
    pub(crate) detail: &'static str,
    /// When it happens, for the description of the API.
    pub(crate) about: &'static str,
}

impl Refusal {
    pub(crate) fn body(&self) -> Value {
        json!({ "detail": self.detail, "code": self.code })
    }

    /// An operation may have several refusals of one status, hence the code in the key; `app::describe` merges them.
    pub(crate) fn responses(&self) -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().example(Some(self.body())).build();
        let response = ResponseBuilder::new().description(self.about).content("application/json", content).build();
        BTreeMap::from([(format!("{} {}", self.status.as_u16(), self.code), response.into())])
    }
}

/// Declares refusals: `Err(Name.into())` refuses, `responses(Name)` documents it. The doc comment goes into the
/// description of the API. With `pub:` before them, the application can use them too.
macro_rules! refusals {
    (@($vis:vis) $($(#[doc = $about:literal])+ $name:ident = $status:ident, $code:literal, $detail:literal;)+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        impl $name {
            pub(crate) const REFUSAL: $crate::error::Refusal = $crate::error::Refusal {
                status: axum::http::StatusCode::$status,
                code: $code,
                detail: $detail,
                about: concat!($($about),+).trim_ascii(),
            };
        }

        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                Self::REFUSAL.responses()
            }
        }

        impl From<$name> for $crate::Error {
            fn from(_: $name) -> Self {
                let refusal = $name::REFUSAL;
                Self::refused(refusal.status, refusal.detail, refusal.code)
            }
        }
    )+};
    (pub: $($refusals:tt)+) => {
        $crate::error::refusals! { @(pub) $($refusals)+ }
    };
    ($($refusals:tt)+) => {
        $crate::error::refusals! { @(pub(crate)) $($refusals)+ }
    };
}
pub(crate) use refusals;
