//! Collects the problems of parts that are built from settings, instead of stopping at the first.

use super::Problem;

/// The part; if there is none, its problems are added to the others.
pub(crate) fn collect<T>(made: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    made.map_err(|found| problems.extend(found)).ok()
}

/// As [`collect`], for a part that has one problem at most.
pub(crate) fn collect_one<T>(made: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    collect(made.map_err(|problem| vec![problem]), problems)
}
