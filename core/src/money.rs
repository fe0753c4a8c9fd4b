//! How do amounts add, compare and split without losing a unit?
//!
//! An amount is a whole number of minor units with its currency. Nothing here is ever a float; text is made
//! and read through `rust_decimal`. The upper bound is what a JavaScript number and a D1 parameter still
//! carry exactly, so that no layer below or above can round an amount.

use rust_decimal::Decimal;

use crate::currency::Currency;

/// The largest amount anywhere: 2^53 − 1, the last integer a JavaScript number holds exactly.
pub const MAX_MINOR: i64 = (1 << 53) - 1;

/// A share of 100 %, in basis points.
pub const FULL_SHARE_BPS: u32 = 10_000;

/// A non-negative amount of one currency, at most [`MAX_MINOR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why an amount could not be made or combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount is negative or above [`MAX_MINOR`].
    #[error("amount {got} is not between 0 and {MAX_MINOR}")]
    OutOfRange {
        /// The amount asked for, saturated to the integer range.
        got: i64,
    },
    /// Two amounts of different currencies met.
    #[error("expected {expected}, got {got}")]
    CurrencyDiffers {
        /// The currency of the left side.
        expected: Currency,
        /// The currency of the right side.
        got: Currency,
    },
    /// A share above the whole.
    #[error("share of {got} bps is above {FULL_SHARE_BPS}")]
    ShareAboveWhole {
        /// The share asked for.
        got: u32,
    },
    /// Text that is not an amount of this currency.
    #[error("not an amount with at most {digits} decimals")]
    NotAnAmount {
        /// How many decimals the currency has.
        digits: u32,
    },
}

impl Money {
    /// `minor` units of `currency`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] below zero or above [`MAX_MINOR`].
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 || minor > MAX_MINOR {
            return Err(MoneyError::OutOfRange { got: minor });
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyDiffers`], or [`MoneyError::OutOfRange`] when the sum is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyDiffers { expected: self.currency, got: other.currency });
        }
        Self::new(self.minor.saturating_add(other.minor), self.currency)
    }

    /// Divides the amount into the share of `bps` basis points, rounded down, and the rest.
    /// The two parts always sum to the whole.
    ///
    /// # Errors
    /// [`MoneyError::ShareAboveWhole`] for more than [`FULL_SHARE_BPS`].
    pub fn split_by_bps(self, bps: u32) -> Result<(Self, Self), MoneyError> {
        if bps > FULL_SHARE_BPS {
            return Err(MoneyError::ShareAboveWhole { got: bps });
        }
        let exact = i128::from(self.minor).saturating_mul(i128::from(bps));
        let share = exact.div_euclid(i128::from(FULL_SHARE_BPS));
        // share ≤ minor ≤ 2^53 − 1, so both conversions hold.
        let share = i64::try_from(share).unwrap_or(self.minor);
        let rest = self.minor.saturating_sub(share);
        Ok((Self { minor: share, ..self }, Self { minor: rest, ..self }))
    }

    /// The amount in major units as plain text with exactly the currency's decimals: `99.00`, `1200`.
    #[must_use]
    pub fn to_major_text(self) -> String {
        Decimal::new(self.minor, self.currency.minor_digits()).to_string()
    }

    /// Reads plain major-unit text (`99`, `99.0`, `99.00`): digits with at most the currency's decimals,
    /// no sign, exponent, separator or space.
    ///
    /// # Errors
    /// [`MoneyError::NotAnAmount`] or [`MoneyError::OutOfRange`].
    pub fn from_major_text(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.minor_digits();
        let malformed = MoneyError::NotAnAmount { digits };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        // 17 digits is more than MAX_MINOR needs and less than i64 overflows at.
        if !all_digits(whole) || !all_digits(fraction) || whole.len() > 17 {
            return Err(malformed);
        }
        // Zeros at the end say nothing; a decimal that does is one too many. `Decimal` itself would round.
        let fraction = fraction.trim_end_matches('0');
        if u32::try_from(fraction.len()).is_ok_and(|len| len > digits) {
            return Err(malformed);
        }
        let mut value: Decimal = format!("{whole}.{fraction}0").parse().map_err(|_| malformed)?;
        value.rescale(digits);
        Self::new(i64::try_from(value.mantissa()).map_err(|_| malformed)?, currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::Cny).unwrap()
    }

    #[test]
    fn a_split_rounds_the_share_down_and_the_parts_sum_to_the_whole() {
        let (creator, platform) = cny(9_999).split_by_bps(7_000).unwrap();
        assert_eq!((creator.minor(), platform.minor()), (6_999, 3_000));
    }

    #[test]
    fn the_largest_amount_splits_without_overflow() {
        let (share, rest) = cny(MAX_MINOR).split_by_bps(FULL_SHARE_BPS).unwrap();
        assert_eq!((share.minor(), rest.minor()), (MAX_MINOR, 0));
    }

    #[test]
    fn a_share_above_the_whole_is_refused() {
        assert_eq!(cny(100).split_by_bps(10_001), Err(MoneyError::ShareAboveWhole { got: 10_001 }));
    }

    #[test]
    fn amounts_beyond_a_javascript_number_are_refused() {
        assert!(Money::new(MAX_MINOR + 1, Currency::Cny).is_err());
        assert!(cny(MAX_MINOR).plus(cny(1)).is_err());
        assert!(Money::new(-1, Currency::Cny).is_err());
    }

    #[test]
    fn different_currencies_do_not_add() {
        let yen = Money::new(1, Currency::Jpy).unwrap();
        assert!(matches!(cny(1).plus(yen), Err(MoneyError::CurrencyDiffers { .. })));
    }

    #[test]
    fn text_has_exactly_the_decimals_of_its_currency() {
        assert_eq!(cny(9_900).to_major_text(), "99.00");
        assert_eq!(cny(1).to_major_text(), "0.01");
        assert_eq!(Money::new(1_200, Currency::Jpy).unwrap().to_major_text(), "1200");
        assert_eq!(cny(MAX_MINOR).to_major_text(), "90071992547409.91");
    }

    #[test]
    fn text_is_read_exactly_or_not_at_all() {
        for (text, minor) in [("0.01", 1), ("99", 9_900), ("99.5", 9_950), ("99.50", 9_950), ("1.000", 100)] {
            assert_eq!(Money::from_major_text(text, Currency::Cny), Ok(cny(minor)), "{text}");
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e2", "1,00", " 1", "1.001", "0x1", "１", "1_0"] {
            assert!(Money::from_major_text(text, Currency::Cny).is_err(), "{text}");
        }
        assert!(Money::from_major_text("99999999999999999999999999999999", Currency::Cny).is_err());
        assert!(
            Money::from_major_text("1.00000000000000000000000000000000000000001", Currency::Cny).is_err()
        );
    }
}
