//! Does the state survive, and does the same seed give the same bytes?

use coursepay_sandbox::{Keys, Random, Record, World};
use serde_json::json;

use crate::shop::{HOUR_MS, MINUTE_MS, Shop, id, intent};

fn restarted(records: &[Record], now_ms: i64) -> Shop {
    let keys = Keys::stand_in(&mut Random::from_seed([1; 32])).unwrap();
    let mut world = World::new("http://sandbox.example", keys, [9; 32]);
    for record in records {
        world.restore(record).unwrap();
    }
    assert!(world.take_changes().unwrap().is_empty(), "what was restored has not changed");
    Shop { world, now_ms }
}

#[test]
fn a_restart_goes_on_where_it_stopped() {
    let mut shop = Shop::new();
    let secret = shop.endpoint(&["*"])["secret"].as_str().unwrap().to_owned();
    let key = [("idempotency-key", "k1")];
    let paid = shop.paid("N1");
    let created = shop.post_with("/v1/checkout/sessions", &Shop::order("N2"), &key);
    shop.fault(&json!({ "fault": "refund_pending", "gateway": "stripe", "by_ms": HOUR_MS }));
    let refund = shop.post("/v1/refunds", &format!("payment_intent={}", intent(&paid))).ok();
    let records = shop.world.take_changes().unwrap();

    let mut again = restarted(&records, shop.now_ms);
    let told = again.deliver(200);
    assert!(told.len() > 4 && told.iter().all(|event| event.is_signed_with(&secret)));
    assert_eq!(again.reread(&paid), shop.reread(&paid));
    let replayed = again.post_with("/v1/checkout/sessions", &Shop::order("N2"), &key);
    assert_eq!(replayed.text, created.text);
    let open = replayed.ok();
    let newer = again.session("N3");
    assert_eq!(
        again.get("/v1/checkout/sessions?limit=1").ok()["data"][0]["id"],
        newer["id"],
        "newest first still"
    );
    again.advance(HOUR_MS);
    assert_eq!(again.get(&format!("/v1/refunds/{}", id(&refund))).ok()["status"], "succeeded");
    again.advance(23 * HOUR_MS);
    assert_eq!(again.reread(&open)["status"], "expired");
}

#[test]
fn one_seed_gives_the_same_bytes() {
    let run = |seed: u8| {
        let mut shop = Shop::with_seed([seed; 32]);
        shop.endpoint(&["*"]);
        let mut log = Vec::new();
        for number in 0..3 {
            let paid = shop.paid(&format!("N{number}"));
            log.push(shop.post("/v1/refunds", &format!("payment_intent={}&amount=700", intent(&paid))).text);
            log.extend(shop.deliver(200).iter().map(|event| event.signature.clone()));
            shop.now_ms += MINUTE_MS;
        }
        log.push(shop.get("/v1/balance_transactions").text);
        log
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
