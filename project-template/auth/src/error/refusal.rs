//! A refusal, declared once: what the client is told, and how that is described.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};

/// What a client is told when a request is refused for a reason of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// What a program reads; never changes.
    pub(crate) code: &'static str,
    /// What a person reads.
    pub(crate) detail: &'static str,
    /// When it happens, for the description.
    pub(crate) about: &'static str,
}

impl Refusal {
    pub(crate) fn body(&self) -> Value {
        json!({ "detail": self.detail, "code": self.code })
    }

    /// The refusal under a key of its own, status and code: an operation may have several of one status, which
    /// `app::describe` puts together.
    pub(crate) fn responses(&self) -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().example(Some(self.body())).build();
        let response = ResponseBuilder::new().description(self.about).content("application/json", content).build();
        BTreeMap::from([(format!("{} {}", self.status.as_u16(), self.code), response.into())])
    }
}

/// Declares refusals: `Err(Name.into())` refuses, `responses(Name)` says that it may.
macro_rules! refusals {
    ($($(#[doc = $about:literal])+ $name:ident = $status:ident, $code:literal, $detail:literal;)+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name;

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
}
pub(crate) use refusals;
