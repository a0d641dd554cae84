//! Variables that platforms set. Differs from the built-in project: it has fewer settings.

/// The variables, each with the key it sets.
pub(super) const WELL_KNOWN: &[(&str, &str)] = &[("ENVIRONMENT", "environment")];
