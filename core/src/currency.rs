//! Which currencies exist here, and how many minor digits has each?

use serde::{Deserialize, Deserializer, Serialize, de};

/// A currency that prices can be stated in (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Renminbi, in fen.
    Cny,
    /// US dollar, in cents.
    Usd,
    /// Euro, in cents.
    Eur,
    /// Pound sterling, in pence.
    Gbp,
    /// Hong Kong dollar, in cents.
    Hkd,
    /// Singapore dollar, in cents.
    Sgd,
    /// Yen, which has no minor unit.
    Jpy,
}

impl Currency {
    /// Every currency, for look-ups and tests.
    pub const ALL: [Self; 7] = [Self::Cny, Self::Usd, Self::Eur, Self::Gbp, Self::Hkd, Self::Sgd, Self::Jpy];

    /// The ISO 4217 code in capitals.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cny => "CNY",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Hkd => "HKD",
            Self::Sgd => "SGD",
            Self::Jpy => "JPY",
        }
    }

    /// The currency with this ISO code in capitals, if it is one of ours.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.code() == code)
    }

    /// How many decimal digits the minor unit has.
    #[must_use]
    pub const fn minor_digits(self) -> u32 {
        match self {
            Self::Cny | Self::Usd | Self::Eur | Self::Gbp | Self::Hkd | Self::Sgd => 2,
            Self::Jpy => 0,
        }
    }

    /// The sign learners know, for display.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Cny | Self::Jpy => "¥",
            Self::Usd => "$",
            Self::Eur => "€",
            Self::Gbp => "£",
            Self::Hkd => "HK$",
            Self::Sgd => "S$",
        }
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// How the refusal of a currency we do not have begins, so that it can be told from other mistakes.
pub const UNKNOWN_CURRENCY: &str = "unknown currency";

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| de::Error::custom(format_args!("{UNKNOWN_CURRENCY} {code:?}")))
    }
}
