//! Does a dispute take the money, and only a won one give it back?

use serde_json::{Value, json};

use crate::shop::{Shop, charge, id, intent};

fn disputed(shop: &mut Shop) -> (Value, Value) {
    let paid = shop.paid("N1");
    let body = json!({ "payment_intent": intent(&paid), "reason": "product_not_received" });
    let dispute = shop.steer("/sandbox/stripe/disputes", &body).ok();
    (paid, dispute)
}

#[test]
fn a_dispute_withdraws_amount_and_fee() {
    let mut shop = Shop::new();
    shop.endpoint(&["charge.dispute.created", "charge.dispute.funds_withdrawn"]);
    let (paid, dispute) = disputed(&mut shop);
    assert_eq!((&dispute["status"], &dispute["amount"]), (&json!("needs_response"), &json!(5_000)));
    let entry = &dispute["balance_transactions"][0];
    assert_eq!(
        (&entry["amount"], &entry["fee"], &entry["net"]),
        (&json!(-5_000), &json!(1_500), &json!(-6_500))
    );
    assert_eq!((&entry["type"], &entry["reporting_category"]), (&json!("adjustment"), &json!("dispute")));
    assert_eq!(shop.delivered(), ["charge.dispute.created", "charge.dispute.funds_withdrawn"]);
    assert_eq!(shop.get(&format!("/v1/charges/{}", charge(&paid))).ok()["disputed"], true);
    let refused = shop.post("/v1/refunds", &format!("charge={}", charge(&paid)));
    assert_eq!(refused.code(), (400, "charge_disputed"));
    let twice = shop.steer("/sandbox/stripe/disputes", &json!({ "charge": charge(&paid) }));
    assert_eq!(twice.status, 409);
}

#[test]
fn evidence_is_reviewed_and_a_won_dispute_brings_the_amount_back() {
    let mut shop = Shop::new();
    shop.endpoint(&["charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_reinstated"]);
    let (paid, dispute) = disputed(&mut shop);
    let path = format!("/v1/disputes/{}", id(&dispute));
    let staged = shop.post(&path, "evidence[customer_name]=Li&submit=false").ok();
    assert_eq!(
        (&staged["status"], &staged["evidence_details"]["has_evidence"]),
        (&json!("needs_response"), &json!(true))
    );
    let answered = shop.post(&path, "evidence[receipt]=file_1").ok();
    assert_eq!(
        (&answered["status"], &answered["evidence_details"]["submission_count"]),
        (&json!("under_review"), &json!(1))
    );
    assert_eq!(shop.post(&path, "evidence[story]=x").code(), (400, "parameter_unknown"));
    let decided =
        shop.steer(&format!("/sandbox/stripe/disputes/{}", id(&dispute)), &json!({ "outcome": "won" })).ok();
    assert_eq!(decided["status"], "won");
    assert_eq!(decided["balance_transactions"][1]["reporting_category"], "dispute_reversal");
    let told = shop.delivered();
    assert!(
        told.ends_with(&["charge.dispute.funds_reinstated".to_owned(), "charge.dispute.closed".to_owned()]),
        "{told:?}"
    );
    shop.post("/v1/refunds", &format!("charge={}", charge(&paid))).ok();
}

#[test]
fn a_lost_dispute_stays_lost() {
    let mut shop = Shop::new();
    let (_, dispute) = disputed(&mut shop);
    let path = format!("/v1/disputes/{}", id(&dispute));
    assert_eq!(shop.post(&format!("{path}/close"), "").ok()["status"], "lost");
    assert_eq!(shop.post(&format!("{path}/close"), "").status, 400);
    assert_eq!(shop.post(&path, "evidence[customer_name]=Li").status, 400);
    let again =
        shop.steer(&format!("/sandbox/stripe/disputes/{}", id(&dispute)), &json!({ "outcome": "won" }));
    assert_eq!(again.status, 409);
    assert_eq!(shop.get("/v1/disputes").ok()["data"][0]["status"], "lost");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut shop = Shop::new();
    let paid = shop.paid("N1");
    for (body, status) in [
        (json!({ "payment": "N1", "reason": "whim" }), 400),
        (json!({ "payment": "N1", "extra": 1 }), 400),
        (json!({ "payment": "N2" }), 404),
        (json!({ "payment": "N1", "amount": 5_001 }), 409),
        (json!({ "payment": "N1", "charge": charge(&paid) }), 404),
    ] {
        assert_eq!(shop.steer("/sandbox/stripe/disputes", &body).status, status, "{body}");
    }
    assert_eq!(shop.steer("/sandbox/stripe/disputes/du_1", &json!({ "outcome": "won" })).status, 404);
}
