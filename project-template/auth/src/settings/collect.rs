//! Collects the problems of parts that are built from settings, instead of stopping at the first.

use super::Problem;

pub(crate) fn collect<T>(made: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    made.map_err(|found| problems.extend(found)).ok()
}

pub(crate) fn collect_one<T>(made: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    collect(made.map_err(|problem| vec![problem]), problems)
}
