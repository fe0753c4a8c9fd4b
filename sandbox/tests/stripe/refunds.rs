//! Do refunds add up, and end as they should?

use serde_json::{Value, json};

use crate::shop::{DAY_MS, HOUR_MS, Shop, charge, id, intent};

fn refund(shop: &mut Shop, session: &Value, more: &str) -> Value {
    shop.post("/v1/refunds", &format!("payment_intent={}{more}", intent(session))).ok()
}

fn refunded(shop: &mut Shop, session: &Value) -> (Value, Value) {
    let charge = shop.get(&format!("/v1/charges/{}", charge(session))).ok();
    (charge["amount_refunded"].clone(), charge["refunded"].clone())
}

#[test]
fn partial_refunds_add_up_to_the_charge_and_no_further() {
    let mut shop = Shop::new();
    shop.endpoint(&["charge.refunded", "refund.created"]);
    let paid = shop.paid("N1");
    let first = refund(&mut shop, &paid, "&amount=1000&reason=requested_by_customer&metadata[n]=R1");
    assert_eq!((&first["status"], &first["amount"]), (&json!("succeeded"), &json!(1_000)));
    assert_eq!((&first["metadata"]["n"], &first["charge"]), (&json!("R1"), &json!(charge(&paid))));
    assert_eq!(refunded(&mut shop, &paid), (json!(1_000), json!(false)));
    let over = shop.post("/v1/refunds", &format!("charge={}&amount=4001", charge(&paid)));
    assert_eq!((over.status, &over.json["error"]["param"]), (400, &json!("amount")));
    let rest = refund(&mut shop, &paid, "");
    assert_eq!(rest["amount"], 4_000);
    assert_eq!(refunded(&mut shop, &paid), (json!(5_000), json!(true)));
    let again = shop.post("/v1/refunds", &format!("payment_intent={}", intent(&paid)));
    assert_eq!(again.code(), (400, "charge_already_refunded"));
    let list = shop.get(&format!("/v1/refunds?payment_intent={}", intent(&paid))).ok();
    assert_eq!((id(&list["data"][0]), id(&list["data"][1])), (id(&rest), id(&first)));
    assert_eq!(shop.delivered(), ["charge.refunded", "refund.created", "charge.refunded", "refund.created"]);
}

#[test]
fn only_a_charge_that_succeeded_is_refunded() {
    let mut shop = Shop::new();
    let session = shop.session("N1");
    shop.press(&session, "approve_later").ok();
    let waiting = shop.reread(&session);
    let refused = shop.post("/v1/refunds", &format!("payment_intent={}", intent(&waiting)));
    assert_eq!(refused.code(), (400, "charge_not_refundable"));
    assert_eq!(shop.post("/v1/refunds", "").code(), (400, "parameter_missing"));
    let paid = shop.paid("N2");
    for wrong in ["0", "-1", "1.5"] {
        let refused = shop.post("/v1/refunds", &format!("charge={}&amount={wrong}", charge(&paid)));
        assert_eq!(refused.code(), (400, "parameter_invalid_integer"), "{wrong}");
    }
    let refused = shop.post("/v1/refunds", &format!("charge={}&reason=whim", charge(&paid)));
    assert_eq!(refused.json["error"]["param"], "reason");
}

#[test]
fn refund_pending_succeeds_after_its_time() {
    let mut shop = Shop::new();
    shop.endpoint(&["refund.updated", "refund.failed"]);
    shop.fault(&json!({ "fault": "refund_pending", "gateway": "stripe", "by_ms": HOUR_MS }));
    let paid = shop.paid("N1");
    let pending = refund(&mut shop, &paid, "");
    assert_eq!((&pending["status"], &pending["pending_reason"]), (&json!("pending"), &json!("processing")));
    shop.advance(HOUR_MS - 1);
    assert!(shop.delivered().is_empty());
    shop.advance(1);
    let told = shop.deliver(200);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].object()["status"], "succeeded");
    assert_eq!(told[0].event["data"]["previous_attributes"]["status"], "pending");
}

#[test]
fn refund_abnormal_waits_for_the_buyer_until_cancelled_or_too_late() {
    let mut shop = Shop::new();
    shop.fault(&json!({ "fault": "refund_abnormal", "gateway": "stripe" }));
    let (one, two) = (shop.paid("N1"), shop.paid("N2"));
    let waiting = refund(&mut shop, &one, "");
    assert_eq!(waiting["status"], "requires_action");
    assert_eq!(waiting["balance_transaction"], json!(null));
    let path = format!("/v1/refunds/{}/cancel", id(&waiting));
    assert_eq!(shop.post(&path, "").ok()["status"], "canceled");
    assert_eq!(shop.post(&path, "").status, 400);
    assert_eq!(refunded(&mut shop, &one), (json!(0), json!(false)), "it can be refunded again");
    let forgotten = refund(&mut shop, &two, "");
    shop.advance(30 * DAY_MS);
    assert_eq!(shop.get(&format!("/v1/refunds/{}", id(&forgotten))).ok()["status"], "failed");
}

#[test]
fn refund_failed_late_gives_the_money_back_to_the_merchant() {
    let mut shop = Shop::new();
    shop.endpoint(&["refund.failed"]);
    shop.fault(
        &json!({ "fault": "refund_failed_late", "gateway": "stripe", "number": "N1", "by_ms": 14 * DAY_MS }),
    );
    let paid = shop.paid("N1");
    let done = refund(&mut shop, &paid, "");
    assert_eq!(done["status"], "succeeded");
    shop.advance(14 * DAY_MS);
    assert_eq!(shop.delivered(), ["refund.failed"]);
    let failed = shop.get(&format!("/v1/refunds/{}?expand[]=failure_balance_transaction", id(&done))).ok();
    assert_eq!(
        (&failed["status"], &failed["failure_reason"]),
        (&json!("failed"), &json!("expired_or_canceled_card"))
    );
    let back = &failed["failure_balance_transaction"];
    assert_eq!((&back["type"], &back["amount"]), (&json!("refund_failure"), &json!(5_000)));
    assert_eq!(refunded(&mut shop, &paid), (json!(0), json!(false)));
}
