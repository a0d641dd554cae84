//! The plural forms of whole numbers, by the rules of the Unicode CLDR.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plural {
    One,
    Few,
    Many,
    Other,
}

impl Plural {
    pub(super) const ALL: [(&'static str, Self); 4] =
        [("one", Self::One), ("few", Self::Few), ("many", Self::Many), ("other", Self::Other)];

    /// The form of a number in a language. One whose rule is not known here has `one` for 1, as most do.
    pub(super) fn of(tag: &str, number: u64) -> Self {
        let language = tag.split('-').next().unwrap_or_default();
        let (tens, hundreds) = (number % 10, number % 100);
        let is_few = matches!(tens, 2..=4) && !matches!(hundreds, 12..=14);
        let is_in_millions = number != 0 && number.is_multiple_of(1_000_000);
        match language {
            "id" | "ja" | "ko" | "ms" | "th" | "vi" | "zh" => Self::Other,
            "cs" | "sk" => match number {
                1 => Self::One,
                2..=4 => Self::Few,
                _ => Self::Other,
            },
            "be" | "ru" | "uk" => match number {
                _ if tens == 1 && hundreds != 11 => Self::One,
                _ if is_few => Self::Few,
                _ => Self::Many,
            },
            "pl" => match number {
                1 => Self::One,
                _ if is_few => Self::Few,
                _ => Self::Many,
            },
            "ca" | "es" | "fr" | "it" | "pt" if is_in_millions => Self::Many,
            "fr" if number == 0 => Self::One,
            "pt" if number == 0 && !tag.eq_ignore_ascii_case("pt-PT") => Self::One,
            _ if number == 1 => Self::One,
            _ => Self::Other,
        }
    }

    /// Whether texts of a language must have this form. Forms of millions alone may be missing.
    pub(super) fn is_needed(self, tag: &str) -> bool {
        (0..1_000).any(|number| Self::of(tag, number) == self)
    }

    /// Whether texts of a language may have this form. `other` is that of fractions, where no whole number has it.
    pub(super) fn is_known(self, tag: &str) -> bool {
        self == Self::Other || self.is_needed(tag) || Self::of(tag, 1_000_000) == self
    }

    /// Whether the form stands for one number only, which a text may then spell out.
    pub(super) fn is_of_one_number(self, tag: &str) -> bool {
        (0..1_000).filter(|number| Self::of(tag, *number) == self).count() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::Plural::{self, Few, Many, One, Other};

    /// The samples of whole numbers in the CLDR's `plurals.xml`.
    const SAMPLES: &[(&str, Plural, &[u64])] = &[
        ("cs", One, &[1]),
        ("cs", Few, &[2, 3, 4]),
        ("cs", Other, &[0, 5, 19, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("de", One, &[1]),
        ("de", Other, &[0, 2, 16, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("en", One, &[1]),
        ("en", Other, &[0, 2, 16, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("es", One, &[1]),
        ("es", Many, &[1_000_000]),
        ("es", Other, &[0, 2, 16, 100, 1_000, 10_000, 100_000]),
        ("fr", One, &[0, 1]),
        ("fr", Many, &[1_000_000]),
        ("fr", Other, &[2, 17, 100, 1_000, 10_000, 100_000]),
        ("ko", Other, &[0, 1, 15, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("pl", One, &[1]),
        ("pl", Few, &[2, 3, 4, 22, 23, 24, 32, 33, 34, 42, 43, 44, 52, 53, 54, 62, 102, 1_002]),
        ("pl", Many, &[0, 5, 19, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("pt-BR", One, &[0, 1]),
        ("pt-BR", Many, &[1_000_000]),
        ("pt-BR", Other, &[2, 17, 100, 1_000, 10_000, 100_000]),
        ("pt-PT", One, &[1]),
        ("pt-PT", Other, &[0, 2, 16, 100, 1_000, 10_000, 100_000]),
        ("ru", One, &[1, 21, 31, 41, 51, 61, 71, 81, 101, 1_001]),
        ("ru", Few, &[2, 3, 4, 22, 23, 24, 32, 33, 34, 42, 43, 44, 52, 53, 54, 62, 102, 1_002]),
        ("ru", Many, &[0, 5, 19, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("tr", One, &[1]),
        ("tr", Other, &[0, 2, 16, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("zh-Hans", Other, &[0, 1, 15, 100, 1_000, 10_000, 100_000, 1_000_000]),
        ("zh-Hant", Other, &[0, 1, 15, 100, 1_000, 10_000, 100_000, 1_000_000]),
    ];

    #[test]
    fn a_number_has_the_form_that_the_cldr_gives_as_its_sample() {
        for (tag, form, numbers) in SAMPLES {
            for number in *numbers {
                assert_eq!(Plural::of(tag, *number), *form, "{tag} {number}");
            }
        }
        for number in [11, 12, 13, 14, 111, 112] {
            assert_eq!((Plural::of("ru", number), Plural::of("pl", number)), (Many, Many), "{number}");
        }
    }

    #[test]
    fn a_language_needs_the_forms_that_its_numbers_have() {
        let needed =
            |tag| Plural::ALL.into_iter().filter(|(_, form)| form.is_needed(tag)).map(|(name, _)| name).collect();
        let forms: Vec<Vec<&str>> = ["de", "fr", "cs", "pl", "ru", "ko"].map(needed).to_vec();
        let expected: [&[&str]; 6] = [
            &["one", "other"],
            &["one", "other"],
            &["one", "few", "other"],
            &["one", "few", "many"],
            &["one", "few", "many"],
            &["other"],
        ];
        assert_eq!(forms, expected);
        assert!(Many.is_known("fr") && !Many.is_known("de") && Other.is_known("pl"));
        assert!(One.is_of_one_number("pl") && !One.is_of_one_number("fr") && !One.is_of_one_number("ru"));
    }
}
