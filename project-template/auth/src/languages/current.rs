//! The language of the request that a task belongs to.

use std::cell::Cell;

use axum::http::{HeaderMap, HeaderValue, header};

use super::{Language, Languages, Text};

tokio::task_local! {
    static CURRENT: Current;
}

#[derive(Clone)]
struct Current {
    language: Language,
    /// Whether another request may get another language.
    is_chosen: bool,
    /// Whether words of the answer depend on it.
    spoken: Cell<bool>,
}

impl Languages {
    /// Answers a request in a language.
    pub(crate) async fn answering_in<F: Future>(&self, language: Language, answering: F) -> F::Output {
        let current = Current { language, is_chosen: self.are_several(), spoken: Cell::new(false) };
        CURRENT.scope(current, answering).await
    }

    /// The tag of the request's language, if it could have had another: the one that a new account keeps.
    #[must_use]
    pub fn chosen() -> Option<&'static str> {
        CURRENT.try_with(|current| current.is_chosen.then(|| current.language.tag())).ok().flatten()
    }
}

/// For work in a separate task on behalf of the current request.
pub(crate) fn in_same_language<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let current = CURRENT.try_with(Current::clone).ok();
    async move {
        match current {
            Some(current) => CURRENT.scope(current, work).await,
            None => work.await,
        }
    }
}

/// None outside of requests.
pub(crate) fn current() -> Option<Language> {
    CURRENT.try_with(|current| current.language).ok()
}

/// The language for words of the answer; English outside of requests.
pub(crate) fn speaking() -> Language {
    let speaking = |current: &Current| {
        current.spoken.set(true);
        current.language
    };
    CURRENT.try_with(speaking).unwrap_or_default()
}

/// Words a text of the answer.
pub(crate) fn say(text: impl Into<Text>) -> String {
    speaking().word(&text.into())
}

/// Declares the language of an answer with words, where a request can choose: a cache must not give it to a reader of
/// another.
pub(crate) fn declare(headers: &mut HeaderMap) {
    let declared = |current: &Current| (current.is_chosen && current.spoken.get()).then_some(current.language);
    let Some(language) = CURRENT.try_with(declared).ok().flatten() else { return };
    headers.entry(header::CONTENT_LANGUAGE).or_insert(HeaderValue::from_static(language.tag()));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
}
