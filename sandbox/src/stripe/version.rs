//! Which version of the API does a call speak?
//!
//! A version is a date; since 2024-09-30 it also carries the name of its major release. Within a major release
//! new dates only add.

use chrono::NaiveDate;

/// Major releases by the day of their first version (docs.stripe.com/changelog).
const RELEASES: [(&str, &str); 5] = [
    ("2024-09-30", "acacia"),
    ("2025-03-31", "basil"),
    ("2025-09-30", "clover"),
    ("2026-03-25", "dahlia"),
    ("2026-09-30", "endive"),
];
const OLDEST: &str = "2011-01-01";
const NEWEST_DATE: &str = "2026-10-28";
const NEWEST: &str = "2026-10-28.endive";

/// A version that exists, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version(String);

impl Version {
    /// What a call without `Stripe-Version` speaks: the accounts of the sandbox are new.
    pub(crate) fn newest() -> Self {
        Self(NEWEST.to_owned())
    }

    /// `None` for what is no version, or one later than this sandbox.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, name) = text.split_once('.').map_or((text, None), |(date, name)| (date, Some(name)));
        let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        // chrono also reads `2026-1-1`.
        let plain = day.format("%Y-%m-%d").to_string() == date;
        let release = RELEASES.iter().rev().find(|(first, _)| *first <= date).map(|(_, name)| *name);
        (plain && (OLDEST..=NEWEST_DATE).contains(&date) && release == name).then(|| Self(text.to_owned()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// From endive on, methods are chosen by Stripe; `allowed_payment_method_types` narrows the choice and
    /// `payment_method_types` is unknown.
    pub(crate) fn has_allowed_methods(&self) -> bool {
        self.0.as_str() >= "2026-09-30"
    }

    /// What the hosted page is called as a `ui_mode`: renamed with dahlia.
    pub(crate) fn hosted(&self) -> &'static str {
        if self.0.as_str() >= "2026-03-25" { "hosted_page" } else { "hosted" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_were_released_are_read() {
        for version in
            ["2020-08-27", "2024-09-30.acacia", "2026-03-25.dahlia", "2026-09-30.endive", "2026-10-28.endive"]
        {
            assert_eq!(Version::parse(version).map(|version| version.0).as_deref(), Some(version));
        }
        assert_eq!(Version::parse(NEWEST), Some(Version::newest()));
    }

    #[test]
    fn anything_else_is_no_version() {
        for wrong in [
            "",
            "endive",
            "2026-10-28",
            "2026-10-28.dahlia",
            "2024-06-20.acacia",
            "2026-13-01.endive",
            "2026-9-30.endive",
            "2027-01-01.endive",
            "2026-10-28.endive ",
            "1999-01-01",
        ] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_choice_of_methods_and_the_page_changed_their_names() {
        let [old, dahlia, endive] = ["2025-09-30.clover", "2026-03-25.dahlia", "2026-09-30.endive"]
            .map(|text| Version::parse(text).unwrap());
        assert!(!dahlia.has_allowed_methods() && endive.has_allowed_methods());
        assert_eq!((old.hosted(), dahlia.hosted()), ("hosted", "hosted_page"));
    }
}
