use std::sync::LazyLock;

/// Django's list of common passwords: those of eight characters and more, sorted, in lower case.
const LIST: &str = include_str!("common.txt");

static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| LIST.lines().collect());

pub(crate) fn is_common(password: &str) -> bool {
    COMMON.binary_search(&password.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_folded_and_long_enough() {
        assert!(COMMON.len() >= 3000);
        assert!(COMMON.is_sorted_by(|a, b| a < b));
        for entry in COMMON.iter() {
            assert!(entry.len() >= 8 && entry.is_ascii(), "{entry}");
            assert_eq!(entry.to_lowercase(), *entry);
        }
    }

    #[test]
    fn common_passwords_are_found_in_any_case() {
        for password in ["password", "PassWord", "12345678", "QWERTYUIOP", COMMON[0], COMMON[COMMON.len() - 1]] {
            assert!(is_common(password), "{password}");
        }
        assert!(!is_common("correct horse battery staple"));
        assert!(!is_common(""));
    }
}
