//! What may be ordered together, and what is it called?

use coursepay_core::api::OrderStatus;
use coursepay_core::decision::Decision;
use coursepay_core::id::BuyerId;
use coursepay_core::order::{Line, Order, Refusal, cart_key};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, cny, ids, line, order, order_of, product};

#[test]
fn the_gateway_shows_the_first_title_and_how_many_more_there_are() {
    let titled =
        |names: &[&str]| order_of(names.iter().map(|name| line(name, cny(100), &[])).collect()).subject();
    assert_eq!(titled(&["a"]), "课程 a");
    assert_eq!(titled(&["a", "b"]), "课程 a +1");
    assert_eq!(titled(&["a", "b", "c"]), "课程 a +2");
    assert_eq!(Order { lines: Vec::new(), ..order() }.subject(), "");
    let by_wallet = order().pay_by_wallet(&alice(), &[], &mut ids(500, 4)).unwrap().order;
    assert_eq!(by_wallet.attempts[0].terms.subject, "课程 rust-101", "and a wallet's payment is called so");
}

#[test]
fn a_cart_is_the_same_in_whatever_order_its_things_come() {
    let key = |names: &[&str]| cart_key(&names.iter().map(|name| product(name)).collect::<Vec<_>>());
    assert_eq!(key(&["a", "b"]), key(&["b", "a"]));
    let others = [key(&["a", "b"]), key(&["a"]), key(&["b"]), key(&["a", "b", "c"]), key(&[])];
    assert_eq!(std::collections::BTreeSet::from(others).len(), 5);
}

fn create(lines: Vec<Line>, owned: &[&str], expected_minor: Option<i64>) -> Result<Decision, Refusal> {
    let mut ids = ids(0, 1);
    let buyer: BuyerId = ids.fresh();
    let owned: Vec<_> = owned.iter().map(|name| product(name)).collect();
    Order::create(buyer, lines, &owned, expected_minor, &mut ids)
}

#[test]
fn a_cart_has_1_to_20_different_things_none_of_them_owned_at_the_price_that_was_shown() {
    let lines = |count: usize| -> Vec<Line> {
        (0..count).map(|n| line(&format!("p{n}"), cny(100), &[("lin", 5_000)])).collect()
    };
    for count in [1, 2, 20] {
        let made = create(lines(count), &[], Some(100 * i64::try_from(count).unwrap())).unwrap();
        assert!(made.is_new_order);
        assert_eq!(made.order.products().len(), count);
        assert_eq!(made.order.expires_at, START.plus_ms(1_800_000), "half an hour");
        assert_eq!(made.order.state.status(), OrderStatus::AwaitingPayment);
    }
    for malformed in [Vec::new(), lines(21), [lines(2), lines(1)].concat()] {
        assert_eq!(create(malformed, &[], None).map(|_| ()), Err(Refusal::CartMalformed));
    }
    let changed = Refusal::PriceChanged { expected_minor: 199, got_minor: 200 };
    assert_eq!(create(lines(2), &[], Some(199)).map(|_| ()), Err(changed));
    let owned = Refusal::AlreadyOwned { product: product("p1") };
    assert_eq!(create(lines(2), &["go-101", "p1"], None).map(|_| ()), Err(owned));
}
