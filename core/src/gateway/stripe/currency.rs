//! How does Stripe write an amount? As a whole number of the currency's smallest unit, and the currency in
//! lower case (docs.stripe.com/currencies).
//!
//! Zero-decimal there: BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF. Charged with two decimals
//! that must be 00: ISK, UGX. Three decimals of which the last must be 0: BHD JOD KWD OMR TND. A currency new
//! to us must be placed among these before it compiles: where Stripe counts otherwise than we do, it is
//! converted here and nowhere else.

use crate::currency::Currency;
use crate::gateway::Fault;
use crate::money::Money;

/// Stripe takes eight digits at most (docs.stripe.com/api/prices/object, `unit_amount`). What is least is set
/// per settlement currency (about 0.50 US dollars), so Stripe says so itself.
const LARGEST_MINOR: i64 = 99_999_999;

/// As Stripe writes it.
pub(super) const fn code(currency: Currency) -> &'static str {
    match currency {
        // Two decimals, as with us.
        Currency::Cny => "cny",
        Currency::Usd => "usd",
        Currency::Eur => "eur",
        Currency::Gbp => "gbp",
        Currency::Hkd => "hkd",
        Currency::Sgd => "sgd",
        // None, as with us: 1200 is ¥1200.
        Currency::Jpy => "jpy",
    }
}

/// What to charge or give back.
pub(super) fn amount(money: Money) -> Result<i64, Fault> {
    match money.minor() {
        minor @ 1..=LARGEST_MINOR => Ok(minor),
        _ => Err(Fault::Unsupported("stripe takes 1 to 99999999 minor units")),
    }
}

/// The money Stripe means; `None` for a currency we do not have, or no amount at all.
pub(super) fn money(minor: i64, currency: &str) -> Option<Money> {
    let currency = Currency::ALL.into_iter().find(|known| code(*known) == currency)?;
    Money::new(minor, currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_is_written_as_its_iso_code_in_lower_case_and_read_back() {
        for currency in Currency::ALL {
            assert_eq!(code(currency), currency.code().to_lowercase());
            assert_eq!(money(1_200, code(currency)), Money::new(1_200, currency).ok());
        }
        assert_eq!(money(1, "USD"), None);
        assert_eq!(money(1, "btc"), None);
        assert_eq!(money(-1, "usd"), None);
    }

    #[test]
    fn yen_are_not_multiplied_by_a_hundred() {
        let yen = Money::from_major_text("1200", Currency::Jpy).unwrap();
        assert_eq!(amount(yen), Ok(1_200));
    }

    #[test]
    fn nothing_and_nine_digits_are_not_charged() {
        for (minor, fits) in [(0, false), (1, true), (99_999_999, true), (100_000_000, false)] {
            assert_eq!(amount(Money::new(minor, Currency::Usd).unwrap()).is_ok(), fits, "{minor}");
        }
    }
}
