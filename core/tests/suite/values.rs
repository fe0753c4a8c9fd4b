//! What are amounts, currencies, ids and moments to whoever uses them?

use coursepay_core::currency::Currency;
use coursepay_core::id::{AttemptId, BuyerId, EntryId, IdSource, OrderId};
use coursepay_core::money::{MAX_MINOR, Money, MoneyError};
use coursepay_core::time::Timestamp;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, cny};

#[test]
fn learners_see_the_sign_they_know() {
    for (code, sign) in
        [("CNY", "¥"), ("JPY", "¥"), ("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("HKD", "HK$"), ("SGD", "S$")]
    {
        assert_eq!(Currency::from_code(code).map(Currency::symbol), Some(sign), "{code}");
    }
}

#[test]
fn an_amount_has_at_most_17_digits_before_its_point_zeros_too() {
    let read = |text: &str| Money::from_major_text(text, Currency::Cny);
    assert_eq!(read("00000000000000099.00"), Ok(cny(9_900)));
    assert_eq!(read("000000000000000099.00"), Err(MoneyError::NotAnAmount { digits: 2 }));
}

#[test]
fn the_largest_amount_is_the_last_whole_number_of_javascript() {
    assert_eq!(MAX_MINOR, 9_007_199_254_740_991);
}

#[test]
fn ids_of_a_buyer_carry_ten_bits_of_the_hash_of_its_id_and_are_else_as_any() {
    // The first ten bits of SHA-256 of each text, as two characters of Crockford's base 32.
    for (buyer, hint) in [("01KDVDNA0006Q44CWJ67KVCHVG", "P7"), ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "HT")] {
        let buyer = BuyerId::parse(buyer).unwrap();
        let any: EntryId = IdSource::new(START, [7; 16]).fresh();
        let its: OrderId = IdSource::new(START, [7; 16]).fresh_for(buyer);
        let (any, its) = (any.to_string(), its.to_string());
        assert_eq!(&its[10..12], hint);
        assert_eq!((&its[..10], &its[12..]), (&any[..10], &any[12..]));
    }
}

#[test]
fn the_same_moment_and_seed_give_the_same_ids_and_another_seed_gives_others() {
    let drawn = |seed: u8| {
        let mut ids = IdSource::new(START, [seed; 16]);
        let (one, two): (OrderId, AttemptId) = (ids.fresh(), ids.fresh());
        (one.to_string(), two.to_string())
    };
    assert_eq!(drawn(7), drawn(7));
    let (one, two) = drawn(7);
    let (third, fourth) = drawn(8);
    let all = std::collections::BTreeSet::from([one, two, third, fourth]);
    assert_eq!(all.len(), 4);
}

#[test]
fn a_moment_before_1970_is_in_the_second_that_it_is_in() {
    for (ms, second) in [(-1_001, -2), (-1_000, -1), (-1, -1), (0, 0), (999, 0), (1_000, 1), (1_999, 1)] {
        assert_eq!(Timestamp::from_ms(ms).seconds(), second, "{ms}");
    }
}

#[test]
fn a_moment_stays_within_the_range_and_time_between_two_has_a_sign() {
    let (first, last) = (Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX));
    assert_eq!((last.plus_ms(1), first.plus_ms(-1)), (last, first));
    assert_eq!((START.plus_ms(250).ms_since(START), START.ms_since(START.plus_ms(250))), (250, -250));
    assert_eq!(last.ms_since(first), i64::MAX);
}
