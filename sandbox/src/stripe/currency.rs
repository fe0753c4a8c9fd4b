//! Which amounts can be charged in which currency?
//!
//! Amounts are integers in the currency's smallest unit. Sources: docs.stripe.com/currencies for units, largest
//! and smallest amounts. A minimum is listed there for settlement currencies only; for the others it is about
//! half a US dollar, here in a round number.

use super::errors::Refusal;

/// What can be charged (presentment currencies).
const SUPPORTED: &str = "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp \
     byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd \
     hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga \
     mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd \
     rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd \
     vuv wst xaf xcd xof xpf yer zar zmw";

/// Three decimals, of which the last must be 0.
const THREE_DECIMALS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// Written with two decimals that must be 00.
const WHOLE_UNITS: [&str; 2] = ["isk", "ugx"];

const MINIMUMS: [(&str, i64); 30] = [
    ("aed", 200),
    ("bgn", 100),
    ("clp", 500),
    ("cny", 400),
    ("czk", 1_500),
    ("dkk", 250),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("idr", 800_000),
    ("inr", 50),
    ("isk", 7_000),
    ("jpy", 50),
    ("krw", 700),
    ("kwd", 200),
    ("bhd", 200),
    ("jod", 400),
    ("omr", 200),
    ("tnd", 1_500),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("thb", 1_000),
    ("twd", 1_600),
    ("ugx", 190_000),
    ("vnd", 13_000),
    ("xof", 300),
];
const USUAL_MINIMUM: i64 = 50;

/// Eight digits, more where the unit is small.
const MAXIMUMS: [(&str, i64); 5] = [
    ("cop", 9_999_999_999),
    ("huf", 9_999_999_999),
    ("idr", 999_999_999_999),
    ("inr", 999_999_999),
    ("jpy", 9_999_999_999),
];
const USUAL_MAXIMUM: i64 = 99_999_999;

/// Lower case, as in every answer.
pub(crate) fn read_currency(text: &str, param: &str) -> Result<String, Refusal> {
    let currency = text.to_ascii_lowercase();
    if currency.len() == 3 && SUPPORTED.split_ascii_whitespace().any(|known| known == currency) {
        return Ok(currency);
    }
    Err(Refusal::invalid(format!("{param}: {text:?} is no currency that can be charged")).at(param))
}

/// Checks what may be one price among others: it may be 0, but not too large and no fraction of a unit.
pub(crate) fn check_price(amount: i64, currency: &str, param: &str) -> Result<(), Refusal> {
    if amount < 0 {
        let message = format!("{param}: expected 0 or more, got {amount}");
        return Err(Refusal::coded("parameter_invalid_integer", param, message));
    }
    let maximum = listed(&MAXIMUMS, currency, USUAL_MAXIMUM);
    if amount > maximum {
        let message = format!("{param}: at most {maximum} in {currency}");
        return Err(Refusal::coded("amount_too_large", param, message));
    }
    check_step(amount, currency, param)
}

/// Three-decimal amounts end in 0, amounts of some currencies in 00.
pub(crate) fn check_step(amount: i64, currency: &str, param: &str) -> Result<(), Refusal> {
    let step = match currency {
        _ if THREE_DECIMALS.contains(&currency) => 10,
        _ if WHOLE_UNITS.contains(&currency) => 100,
        _ => return Ok(()),
    };
    if amount % step == 0 {
        return Ok(());
    }
    let message = format!("{param}: amounts in {currency} are divisible by {step}, got {amount}");
    Err(Refusal::coded("invalid_charge_amount", param, message))
}

/// Checks what is to be charged as a whole.
pub(crate) fn check_charge(amount: i64, currency: &str, param: &str) -> Result<(), Refusal> {
    check_price(amount, currency, param)?;
    let minimum = listed(&MINIMUMS, currency, USUAL_MINIMUM);
    if amount < minimum {
        let message = format!("{param}: at least {minimum} in {currency}, got {amount}");
        return Err(Refusal::coded("amount_too_small", param, message));
    }
    Ok(())
}

fn listed(table: &[(&str, i64)], currency: &str, usual: i64) -> i64 {
    table.iter().find(|(listed, _)| *listed == currency).map_or(usual, |(_, amount)| *amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(amount: i64, currency: &str) -> Option<&'static str> {
        check_charge(amount, currency, "amount").err().and_then(|refusal| refusal.code)
    }

    #[test]
    fn every_currency_has_its_limits() {
        for (currency, minimum) in [("usd", 50), ("jpy", 50), ("gbp", 30), ("hkd", 400), ("cny", 400)] {
            assert_eq!(code(minimum - 1, currency), Some("amount_too_small"), "{currency}");
            assert_eq!(code(minimum, currency), None, "{currency}");
        }
        assert_eq!(code(99_999_999, "usd"), None);
        assert_eq!(code(100_000_000, "usd"), Some("amount_too_large"));
        assert_eq!(code(100_000_000, "jpy"), None);
        assert_eq!(code(i64::MAX, "jpy"), Some("amount_too_large"));
        assert_eq!(code(i64::MIN, "usd"), Some("parameter_invalid_integer"));
    }

    #[test]
    fn some_amounts_end_in_zeros() {
        assert_eq!(code(5_124, "kwd"), Some("invalid_charge_amount"));
        assert_eq!(code(5_120, "kwd"), None);
        assert_eq!(code(10_050, "isk"), Some("invalid_charge_amount"));
        assert_eq!(code(200_000, "ugx"), None);
    }

    #[test]
    fn currencies_are_known_by_three_letters() {
        assert_eq!(read_currency("USD", "currency"), Ok("usd".to_owned()));
        for wrong in ["", "us", "usdx", "xxx", "a b", "usd eur"] {
            assert!(read_currency(wrong, "currency").is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_tables_name_only_currencies_there_are() {
        for (currency, _) in MINIMUMS.iter().chain(&MAXIMUMS) {
            assert!(read_currency(currency, "").is_ok(), "{currency}");
        }
    }
}
