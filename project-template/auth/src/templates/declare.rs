//! Declares mails and pages: a struct whose fields are the variables of its templates, each with sample values.

use minijinja::Value;

use super::Source;

/// The variables of a mail or a page.
pub trait Variables {
    /// The variables by name.
    fn variables(&self) -> Value;
}

/// A mail with its variables.
pub trait Mail: Variables {
    /// Its templates.
    const DECLARED: DeclaredMail;
}

/// A page with its variables.
pub trait Page: Variables {
    /// Its template.
    const DECLARED: DeclaredPage;
}

/// The templates and sample values of a mail.
#[derive(Clone, Copy)]
pub struct DeclaredMail {
    pub(super) sources: [Source; 3],
    pub(super) samples: fn() -> Vec<Value>,
}

/// The template and sample values of a page.
#[derive(Clone, Copy)]
pub struct DeclaredPage {
    pub(super) source: Source,
    pub(super) samples: fn() -> Vec<Value>,
}

impl DeclaredPage {
    /// Whether it is worded in the language of its reader: admin pages are in English.
    #[must_use]
    pub fn is_translated(&self) -> bool {
        !self.source.file.starts_with("pages/admin_")
    }
}

/// Declares mails. Sample values follow `=`, as many as reach every branch: a mail is rendered with the first value of
/// each variable, then with the second, and so on; a shorter list repeats its last value.
macro_rules! mails {
    ($($(#[$about:meta])* $name:ident = $subject:literal, $html:literal, $text:literal { $($variables:tt)* })*) => {
        $($crate::templates::declare::variables! { $(#[$about])* $name { $($variables)* } }

        impl $crate::templates::Mail for $name {
            const DECLARED: $crate::templates::declare::DeclaredMail = $crate::templates::declare::DeclaredMail {
                sources: [
                    $crate::templates::source!(concat!("email/", $subject)),
                    $crate::templates::source!(concat!("email/", $html)),
                    $crate::templates::source!(concat!("email/", $text)),
                ],
                samples: Self::samples,
            };
        })*

        pub(super) const ALL: &[$crate::templates::declare::DeclaredMail] =
            &[$(<$name as $crate::templates::Mail>::DECLARED),*];
    };
}

macro_rules! pages {
    ($($(#[$about:meta])* $name:ident = $file:literal { $($variables:tt)* })*) => {
        $($crate::templates::declare::variables! { $(#[$about])* $name { $($variables)* } }

        impl $crate::templates::Page for $name {
            const DECLARED: $crate::templates::declare::DeclaredPage = $crate::templates::declare::DeclaredPage {
                source: $crate::templates::source!(concat!("pages/", $file)),
                samples: Self::samples,
            };
        })*

        pub(super) const ALL: &[$crate::templates::declare::DeclaredPage] =
            &[$(<$name as $crate::templates::Page>::DECLARED),*];
    };
}

macro_rules! variables {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variable:ident: $type:ty = $($sample:expr),+;)* }) => {
        $(#[$about])*
        #[allow(missing_docs, reason = "most names say enough, and an expectation fails where every field has docs")]
        pub struct $name {
            $($(#[$what])* pub $variable: $type,)*
        }

        impl $crate::templates::declare::Variables for $name {
            fn variables(&self) -> minijinja::Value {
                let variables: Vec<(&str, minijinja::Value)> =
                    vec![$((stringify!($variable), $crate::templates::Variable::to_value(&self.$variable))),*];
                minijinja::Value::from_pairs(variables)
            }
        }

        impl $name {
            fn samples() -> Vec<minijinja::Value> {
                use $crate::templates::declare::Variables;
                $(let $variable: Vec<$type> = vec![$($sample.into()),+];)*
                let most = [1, $($variable.len()),*].into_iter().max().unwrap_or(1);
                let sample = |_number: usize| Self { $($variable: $variable[_number.min($variable.len() - 1)].clone(),)* };
                (0..most).map(|number| sample(number).variables()).collect()
            }
        }
    };
}

pub(super) use {mails, pages, variables};
