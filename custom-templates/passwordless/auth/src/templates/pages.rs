//! Pages: there are none yet. One is declared here, beside its file in `auth/templates/pages/` and its key in
//! `defaults.toml`. Differs from the built-in project: there are no pages.

use super::Source;
use super::declare::pages;

/// What several have in common, and the variables that all who use it have.
pub(super) const SHARED: &[(Source, &[&str])] = &[];

pages! {}
