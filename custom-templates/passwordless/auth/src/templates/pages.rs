//! Pages. Differs from the built-in project: there are none yet. One is declared here, beside its file in
//! `auth/templates/pages/` and its key in `defaults.toml`.

use super::Source;
use super::declare::pages;

pub(super) const SHARED: &[(Source, &[&str])] = &[];

pages! {}
