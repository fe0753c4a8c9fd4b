//! What a buyer's buttons do.

use http::Request;
use serde_json::json;

use crate::shop::{Shop, location, text};

#[test]
fn a_decline_leaves_the_trade_unpaid_and_payable() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let (status, declined) = shop.press(&cashier, "decline");
    assert_eq!(
        (status, &declined["status"], &declined["number"]),
        (200, &json!("WAIT_BUYER_PAY"), &json!("N1"))
    );
    assert_eq!((&declined["amount_minor"], &declined["return_url"]), (&json!(9900), &json!(null)));
    assert!(shop.deliver(200, "success").is_empty(), "nobody is told");
    assert_eq!(shop.press(&cashier, "approve").0, 200);
    assert_eq!(shop.status("N1"), "TRADE_SUCCESS");
}

#[test]
fn paying_twice_is_refused_and_told_once() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.press(&cashier, "approve");
    let trade_no = shop.query("N1")["trade_no"].clone();
    for button in ["approve", "decline"] {
        let (status, refused) = shop.press(&cashier, button);
        assert_eq!((status, &refused["error"]["code"]), (409, &json!("already_paid")));
    }
    assert_eq!(shop.query("N1")["trade_no"], trade_no);
    assert_eq!(shop.deliver(200, "success").len(), 1);
}

#[test]
fn leaving_changes_nothing() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.get(&cashier);
    assert_eq!(shop.press(&cashier, "leave").0, 200);
    assert_eq!(shop.status("N1"), "WAIT_BUYER_PAY");
}

#[test]
fn a_browser_is_sent_back_to_the_page_in_its_language() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    let pressed = shop.send(Request::post(format!("{cashier}/approve?lang=en")).body("").unwrap());
    assert_eq!((pressed.status().as_u16(), location(&pressed)), (303, format!("{cashier}?lang=en").as_str()));
    let again = shop.send(Request::post(format!("{cashier}/approve?lang=en")).body("").unwrap());
    assert_eq!(again.status(), 409);
    assert!(text(&again).contains("nobody pays twice"));
}

#[test]
fn an_unknown_link_finds_no_payment() {
    let mut shop = Shop::new();
    let unknown = format!("/cashier/{}", "0".repeat(32));
    assert_eq!(shop.get(&unknown).status(), 404);
    assert_eq!(shop.press(&unknown, "approve").0, 404);
    let cashier = shop.precreate("N1");
    assert_eq!(shop.press(&cashier, "refund").0, 404);
    assert_eq!(shop.status("N1"), "ACQ.TRADE_NOT_EXIST");
}
