//! Enums written as words in rows, logs and metrics, and values formatted for people.

mod said;

pub use said::{duration, of_name, time, timestamp};

macro_rules! words {
    ($(#[$about:meta])* $vis:vis $name:ident { $($(#[$what:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$what])* $variant,)+
        }

        impl $name {
            #[allow(dead_code, reason = "not every list of words is walked through")]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}
pub(crate) use words;
