//! How is a wrong signature explained? (the two texts under each other, marked where they part)

use maud::{Markup, html};

use super::Lang;
use super::text::log as words;
use crate::log::Diagnosis;

/// How much of the texts is shown before the first difference, and after it: what fits a screen.
const BEFORE: usize = 24;
const AFTER: usize = 72;

/// Why a signature did not fit, what to do, and where the texts part.
pub(super) fn diagnosis(lang: Lang, diagnosis: &Diagnosis) -> Markup {
    let Diagnosis { expected, signed, differs_at, cause } = diagnosis;
    let parting = signed.as_deref().zip(*differs_at);
    html! {
        div.doctor {
            p.cause { b { (lang.say(words::DOCTOR)) } " " (lang.cause(*cause)) }
            @match parting {
                Some((signed, at)) => {
                    pre.aligned tabindex="0" {
                        span.label { (lang.say(words::EXPECTED)) } (Parted::at(expected, at).window(lang)) "\n"
                        span.label { (lang.say(words::SIGNED)) } (Parted::at(signed, at).window(lang))
                    }
                    p.sub { (lang.say(words::DIFFERS_AT)) ": " b { (at) } }
                    details {
                        summary { (lang.say(words::WHOLE)) }
                        h4 { (lang.say(words::EXPECTED)) }
                        pre.wrap tabindex="0" { (Parted::at(expected, at).whole(lang)) }
                        h4 { (lang.say(words::SIGNED)) }
                        pre.wrap tabindex="0" { (Parted::at(signed, at).whole(lang)) }
                    }
                }
                None => {
                    p.sub { (lang.say(words::NO_SIGNED)) }
                    details open {
                        summary { (lang.say(words::WHOLE_ONE)) }
                        pre.wrap tabindex="0" { (visible(expected)) }
                    }
                }
            }
        }
    }
}

/// A text parted where it begins to differ from another one.
struct Parted<'a> {
    same: &'a str,
    /// The character in which the first differing byte is; empty at the end of the text.
    first: &'a str,
    rest: &'a str,
}

impl<'a> Parted<'a> {
    fn at(text: &'a str, byte: usize) -> Self {
        // A difference inside a character is shown from that character on.
        let (same, other) = text.split_at_checked(text.floor_char_boundary(byte)).unwrap_or((text, ""));
        let width = other.chars().next().map_or(0, char::len_utf8);
        let (first, rest) = other.split_at_checked(width).unwrap_or(("", other));
        Self { same, first, rest }
    }

    fn whole(&self, lang: Lang) -> Markup {
        self.marked(lang, self.same, self.rest)
    }

    /// What stands around the difference.
    fn window(&self, lang: Lang) -> Markup {
        let start = self.same.floor_char_boundary(self.same.len().saturating_sub(BEFORE));
        let end = self.rest.floor_char_boundary(AFTER);
        let before = self.same.get(start..).unwrap_or_default();
        let after = self.rest.get(..end).unwrap_or_default();
        html! {
            @if start > 0 { i { "…" } }
            (self.marked(lang, before, after))
            @if end < self.rest.len() { i { "…" } }
        }
    }

    fn marked(&self, lang: Lang, same: &str, rest: &str) -> Markup {
        html! {
            (visible(same))
            @if self.first.is_empty() {
                mark.first { "∎ " (lang.say(words::ENDS_HERE)) }
            } @else {
                mark.first { (visible(&self.first.replace(' ', "␣"))) }
                @if !rest.is_empty() { mark { (visible(rest)) } }
            }
        }
    }
}

/// Line ends belong to what is signed: they are shown, and a text stays on its line.
fn visible(text: &str) -> String {
    text.replace('\n', "⏎").replace('\r', "␍").replace('\t', "⇥")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_at_a_character_even_when_the_byte_is_inside_it() {
        let parted = Parted::at("a=课&b=1", 3);
        assert_eq!((parted.same, parted.first, parted.rest), ("a=", "课", "&b=1"));
        let end = Parted::at("a=1", 3);
        assert_eq!((end.same, end.first, end.rest), ("a=1", "", ""));
    }

    #[test]
    fn the_difference_stands_in_one_column_of_both_texts() {
        let (expected, signed) =
            ("GET\n/v3/a?b=1\n1700000000\nnonce\n\n", "GET\n/v3/a\n1700000000\nnonce\n\n");
        let column = |text| {
            let shown = Parted::at(text, 9).window(Lang::En).into_string();
            shown.find("<mark class=\"first\">").unwrap()
        };
        assert_eq!(column(expected), column(signed));
    }
}
