//! What a cancel does, whatever state the trade is in.

use serde_json::{Value, json};

use crate::shop::{DAY_MS, Shop, WINDOW_MS};

fn cancel(shop: &mut Shop, number: &str) -> Value {
    shop.call("alipay.trade.cancel", &json!({ "out_trade_no": number }))
}

#[test]
fn an_unpaid_trade_is_closed() {
    let mut shop = Shop::new();
    let cashier = shop.precreate("N1");
    shop.get(&cashier);
    for _ in 0..2 {
        let answer = cancel(&mut shop, "N1");
        assert_eq!((&answer["action"], &answer["retry_flag"]), (&json!("close"), &json!("N")));
        assert_eq!(answer["trade_no"], shop.query("N1")["trade_no"]);
    }
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
    assert_eq!(shop.press(&cashier, "approve").0, 409);
}

#[test]
fn a_paid_trade_is_given_back_once() {
    let mut shop = Shop::new();
    shop.paid("N1");
    for _ in 0..2 {
        assert_eq!(cancel(&mut shop, "N1")["action"], "refund");
    }
    assert_eq!(shop.status("N1"), "TRADE_CLOSED");
    let told = shop.deliver(200, "success");
    assert_eq!((told.len(), told[0]["trade_status"].as_str()), (1, "TRADE_CLOSED"));
    assert_eq!(told[0]["refund_fee"], "99.00");
}

#[test]
fn what_does_not_exist_needs_no_cancel_and_its_code_still_works() {
    let mut shop = Shop::new();
    let answer = cancel(&mut shop, "NONE");
    assert_eq!((&answer["code"], answer.get("action")), (&json!("10000"), None));
    let cashier = shop.precreate("N1");
    assert_eq!(cancel(&mut shop, "N1").get("action"), None);
    assert_eq!(shop.press(&cashier, "approve").0, 200);
}

#[test]
fn a_trade_with_refunds_or_too_old_is_not_cancelled() {
    let mut shop = Shop::new();
    shop.paid("PART");
    shop.refund("PART", "R1", "1.00");
    assert_eq!(cancel(&mut shop, "PART")["sub_code"], "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    shop.refund("PART", "R2", "98.00");
    assert_eq!(cancel(&mut shop, "PART")["sub_code"], "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    shop.deliver(200, "success");
    shop.paid("OLD");
    shop.now_ms += DAY_MS + 1;
    assert_eq!(cancel(&mut shop, "OLD")["sub_code"], "ACQ.TRADE_CANCEL_TIME_OUT");
    shop.now_ms += WINDOW_MS;
    assert_eq!(cancel(&mut shop, "OLD")["sub_code"], "ACQ.TRADE_HAS_FINISHED");
    assert_eq!(shop.call("alipay.trade.cancel", &json!({}))["sub_code"], "ACQ.INVALID_PARAMETER");
}
