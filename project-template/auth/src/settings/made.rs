//! What is made of settings: as much of it as can be, so that every problem is told at once.

use super::Problem;

/// What was made; if it could not be, the reasons go to the others.
pub(crate) fn kept<T>(made: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    made.map_err(|found| problems.extend(found)).ok()
}

/// The problems of what has only one.
pub(crate) fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}
