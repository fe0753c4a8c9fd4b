//! In which language do the pages speak, and how is a thing said in both?
//!
//! The words themselves are below, one file a page: the Chinese and the English of a thing stand side by
//! side, so that neither can be forgotten.

pub(super) mod cashier;
mod causes;
pub(super) mod checkout;
pub(super) mod clock;
pub(super) mod common;
pub(super) mod faults;
pub(super) mod front;
pub(super) mod log;
pub(super) mod mailbox;
pub(super) mod payments;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

/// The same in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    zh: &'static str,
    en: &'static str,
}

impl Words {
    pub(crate) const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en }
    }
}

/// `NAME: "中文", "English";` makes a constant of [`Words`].
macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        $(pub(in crate::pages) const $name: $crate::pages::text::Words =
            $crate::pages::text::Words::new($zh, $en);)*
    };
}
use words;

impl Lang {
    pub(crate) const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// Reads `zh`, `zh-CN`, `en-GB;q=0.8` and the like.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', ';', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// As in `?lang=`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// As in `<html lang>`.
    pub(crate) fn html_tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Its name in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    /// Says it in this language.
    pub(crate) fn say(self, words: Words) -> &'static str {
        match self {
            Self::Zh => words.zh,
            Self::En => words.en,
        }
    }
}
