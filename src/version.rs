//! Versions of the program, which are also those of the built-in project.

use std::fmt;
use std::str::FromStr;

/// A suffix after `-` is ignored, so a pre-release counts as its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 3]);

impl Version {
    pub(crate) fn of_program() -> Self {
        let number = |text: &str| text.parse().unwrap_or_default();
        Self([
            number(env!("CARGO_PKG_VERSION_MAJOR")),
            number(env!("CARGO_PKG_VERSION_MINOR")),
            number(env!("CARGO_PKG_VERSION_PATCH")),
        ])
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let release = text.split(['-', '+']).next().unwrap_or_default();
        let numbers = release.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
        numbers.ok().and_then(|numbers| numbers.try_into().ok()).map(Self).ok_or(())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let version = |text: &str| text.parse::<Version>();
        assert!(version("0.10.0").unwrap() > version("0.9.3").unwrap());
        assert_eq!(version("1.2.3-rc.1").unwrap().to_string(), "1.2.3");
        for text in ["", "1", "1.2", "1.2.x", "1.2.3.4", "-1.0.0"] {
            assert!(version(text).is_err(), "{text}");
        }
        assert_eq!(Version::of_program().to_string(), env!("CARGO_PKG_VERSION"));
    }
}
