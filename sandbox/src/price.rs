//! How is an amount written for people?

use serde::{Deserialize, Serialize};

/// An amount in a currency's minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) amount_minor: i64,
    /// ISO 4217, upper case.
    pub(crate) currency: String,
}

/// Currencies that have no minor unit (docs.stripe.com/currencies).
const WITHOUT_DECIMALS: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies whose major unit has a thousand minor ones.
const THREE_DECIMALS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

impl Price {
    /// Fen.
    pub(crate) fn cny(fen: i64) -> Self {
        Self { amount_minor: fen, currency: "CNY".to_owned() }
    }

    /// `99.00`, `-1.50`, `1200` (yen): no sign of the currency.
    pub(crate) fn number(&self) -> String {
        let decimals = decimals(&self.currency);
        let unit = 10_u64.pow(decimals);
        let minor = self.amount_minor.unsigned_abs();
        let sign = if self.amount_minor < 0 { "-" } else { "" };
        match decimals {
            0 => format!("{sign}{minor}"),
            _ => format!("{sign}{}.{:0width$}", minor / unit, minor % unit, width = decimals as usize),
        }
    }

    /// What stands before the number.
    pub(crate) fn symbol(&self) -> &str {
        match self.currency.as_str() {
            "CNY" | "JPY" => "¥",
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            "HKD" => "HK$",
            other => other,
        }
    }

    /// `¥99.00`.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.symbol(), self.number())
    }
}

/// How many decimals the major unit has.
fn decimals(currency: &str) -> u32 {
    if WITHOUT_DECIMALS.contains(&currency) {
        0
    } else if THREE_DECIMALS.contains(&currency) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        for (amount_minor, currency, text) in [
            (9_900, "CNY", "¥99.00"),
            (5, "USD", "$0.05"),
            (1_200, "JPY", "¥1200"),
            (1_230, "KWD", "KWD1.230"),
            (-150, "CNY", "¥-1.50"),
            (i64::MIN, "CNY", "¥-92233720368547758.08"),
        ] {
            assert_eq!(Price { amount_minor, currency: currency.to_owned() }.text(), text);
        }
    }
}
