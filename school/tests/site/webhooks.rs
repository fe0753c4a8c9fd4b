use serde_json::{Value, json};

use super::harness::{NEXT_SECRET, NOW_MS, SECRET, Site, Webhook, order_paid, sign};

const ORDER: &str = "01KDVQ000000000000000000A1";
const FOREIGN_SECRET: &str = "whsec_Zm9yZWlnbiBmb3JlaWduIGZvcmVpZ24h";

async fn refusal(site: &Site, webhook: &Webhook) -> (u16, String) {
    let answer = site.deliver(webhook).await;
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    (status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_paid_order_unlocks_its_course_for_its_learner_alone() {
    let site = Site::open().await;
    assert!(!site.is_unlocked("alice", "rust-101").await);

    let answer = site.deliver(&Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101")).await;
    assert_eq!(answer.status(), 204);
    assert!(site.is_unlocked("alice", "rust-101").await);
    assert!(!site.is_unlocked("alice", "ink-painting").await);
    assert!(!site.is_unlocked("bo", "rust-101").await);
    let deliveries = site.json("/api/webhooks", None).await;
    assert_eq!(
        deliveries,
        json!([{"id": "msg_1", "type": "order.paid", "verified": true, "order": ORDER, "received_at_ms": NOW_MS}])
    );
}

fn refunded(id: &str, order: &str, revoked: &[&str]) -> Webhook {
    let data = json!({"order": {"id": order, "user": "alice"}, "revoked": revoked, "refund": {"amount_minor": 9900}});
    let body = json!({"type": "refund.succeeded", "timestamp": "2026-01-01T00:00:00.000Z", "data": data});
    Webhook::signed(SECRET, id, NOW_MS, &body)
}

#[tokio::test]
async fn a_refund_locks_what_it_closes_and_nothing_else_whenever_it_is_heard_of() {
    for paid_first in [true, false] {
        let site = Site::open().await;
        let paid = Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101");
        let back = refunded("msg_2", ORDER, &["rust-101"]);
        for webhook in if paid_first { [&paid, &back] } else { [&back, &paid] } {
            assert_eq!(site.deliver(webhook).await.status(), 204);
        }
        assert!(!site.is_unlocked("alice", "rust-101").await, "{paid_first}");
        let again = Webhook::order_paid("msg_3", "01KDVQ000000000000000000A2", Some("alice"), "rust-101");
        assert_eq!(site.deliver(&again).await.status(), 204);
        assert!(site.is_unlocked("alice", "rust-101").await, "bought again");
        assert_eq!(site.deliver(&refunded("msg_4", "01KDVQ000000000000000000A2", &[])).await.status(), 204);
        assert!(site.is_unlocked("alice", "rust-101").await, "a part closes nothing");
    }
}

#[tokio::test]
async fn what_does_not_verify_is_refused_with_its_reason_and_unlocks_nothing() {
    let site = Site::open().await;
    let good = Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101");
    let body = order_paid(ORDER, Some("alice"), "rust-101");
    let at = |ms: i64| Webhook::signed(SECRET, "msg_1", NOW_MS + ms, &body);

    let table = [
        ("a foreign secret", Webhook::signed(FOREIGN_SECRET, "msg_1", NOW_MS, &body), "webhook_signature"),
        ("five minutes and a second old", at(-301_000), "webhook_stale"),
        ("five minutes and a second ahead", at(301_000), "webhook_future"),
        (
            "a body changed by one blank",
            Webhook { body: format!("{} ", good.body), ..good.clone() },
            "webhook_signature",
        ),
        ("an id changed", Webhook { id: Some("msg_2".into()), ..good.clone() }, "webhook_signature"),
        (
            "a time changed",
            Webhook { timestamp: Some((NOW_MS / 1000 + 1).to_string()), ..good.clone() },
            "webhook_signature",
        ),
        ("no id", Webhook { id: None, ..good.clone() }, "webhook_header"),
        ("no time", Webhook { timestamp: None, ..good.clone() }, "webhook_header"),
        ("no signature", Webhook { signature: None, ..good.clone() }, "webhook_header"),
        (
            "an empty signature",
            Webhook { signature: Some(String::new()), ..good.clone() },
            "webhook_signature",
        ),
        (
            "a signature of another version",
            Webhook { signature: good.signature.clone().map(|s| s.replace("v1,", "v1a,")), ..good.clone() },
            "webhook_signature",
        ),
        (
            "a cut signature",
            Webhook { signature: Some("v1,AAAA".into()), ..good.clone() },
            "webhook_signature",
        ),
        ("an id that swallows a dot", Webhook { id: Some("msg_1.1".into()), ..good.clone() }, "webhook_id"),
        ("an empty id", Webhook { id: Some(String::new()), ..good.clone() }, "webhook_id"),
        (
            "a time that is no number",
            Webhook { timestamp: Some("-5".into()), ..good.clone() },
            "webhook_timestamp",
        ),
        (
            "a time beyond any number",
            Webhook { timestamp: Some("9".repeat(30)), ..good.clone() },
            "webhook_timestamp",
        ),
    ];
    for (what, webhook, code) in &table {
        assert_eq!(refusal(&site, webhook).await, (400, (*code).to_owned()), "{what}");
    }

    assert!(!site.is_unlocked("alice", "rust-101").await);
    let deliveries = site.json("/api/webhooks", None).await;
    let deliveries = deliveries.as_array().unwrap();
    assert_eq!(deliveries.len(), table.len());
    assert!(deliveries.iter().all(|delivery| delivery["verified"] == false && delivery["id"].is_null()));
}

#[tokio::test]
async fn a_delivery_at_the_edge_of_the_tolerance_is_taken() {
    for (order, ms) in [("past", -300_000), ("future", 300_000)] {
        let site = Site::open().await;
        let body = order_paid(order, Some("alice"), "rust-101");
        let answer = site.deliver(&Webhook::signed(SECRET, "msg_1", NOW_MS + ms, &body)).await;
        assert_eq!(answer.status(), 204, "{order}");
    }
}

#[tokio::test]
async fn while_secrets_roll_any_known_one_among_several_signatures_is_enough() {
    let body = order_paid(ORDER, Some("alice"), "rust-101");
    let signature = |secret| sign(secret, "msg_1", &(NOW_MS / 1000).to_string(), &body.to_string());
    let good = Webhook::signed(SECRET, "msg_1", NOW_MS, &body);
    for signatures in [
        signature(NEXT_SECRET),
        format!("{} {}", signature(FOREIGN_SECRET), signature(SECRET)),
        format!("{} {}", signature(NEXT_SECRET), signature(FOREIGN_SECRET)),
        format!("v2,whatever not-a-signature {}", signature(SECRET)),
    ] {
        let site = Site::open().await;
        let answer = site.deliver(&Webhook { signature: Some(signatures), ..good.clone() }).await;
        assert_eq!(answer.status(), 204);
        assert!(site.is_unlocked("alice", "rust-101").await);
    }
}

#[tokio::test]
async fn a_repeated_delivery_has_one_effect() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    let webhook = Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101");
    for _ in 0..3 {
        assert_eq!(site.deliver(&webhook).await.status(), 204);
    }
    // The same order under another message id, as after a sender that forgot; even for somebody else.
    for user in [Some("alice"), Some("bo"), None] {
        let again = Webhook::order_paid("msg_2", ORDER, user, "rust-101");
        assert_eq!(site.deliver(&again).await.status(), 204);
    }
    assert!(!site.is_unlocked("bo", "rust-101").await);
    let purchases = site.page("/purchases", Some(&alice)).await;
    assert_eq!(purchases.matches(&format!("data-order=\"{ORDER}\"")).count(), 1);
}

#[tokio::test]
async fn a_message_id_is_handled_once_whatever_it_says_the_second_time() {
    let site = Site::open().await;
    site.deliver(&Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101")).await;
    let other = Webhook::order_paid("msg_1", "another-order", Some("alice"), "ink-painting");
    assert_eq!(site.deliver(&other).await.status(), 204);
    assert!(!site.is_unlocked("alice", "ink-painting").await);
}

#[tokio::test]
async fn many_deliveries_at_once_lose_nothing() {
    let site = std::sync::Arc::new(Site::open().await);
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..20 {
        let site = std::sync::Arc::clone(&site);
        sending.spawn(async move {
            let webhook = Webhook::order_paid(
                &format!("msg_{n}"),
                &format!("order-{n}"),
                Some("bo"),
                &format!("course-{n}"),
            );
            site.deliver(&webhook).await.status()
        });
    }
    while let Some(status) = sending.join_next().await {
        assert_eq!(status.unwrap(), 204);
    }
    for n in 0..20 {
        assert!(site.is_unlocked("bo", &format!("course-{n}")).await);
    }
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let site = Site::open().await;
    let webhook = Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101");
    site.deliver(&webhook).await;
    let before = site.json("/api/webhooks", None).await;

    let restarted = site.restarted().await;
    assert!(restarted.is_unlocked("alice", "rust-101").await);
    assert_eq!(restarted.json("/api/webhooks", None).await, before);
    assert_eq!(restarted.deliver(&webhook).await.status(), 204);
    let alice = restarted.log_in("alice").await;
    let purchases = restarted.page("/purchases", Some(&alice)).await;
    assert_eq!(purchases.matches("data-order=").count(), 1);
}

#[tokio::test]
async fn a_delivery_that_cannot_be_stored_is_not_acknowledged() {
    let site = Site::open().await;
    let webhook = Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101");
    // A folder where the new file would be written: works for root too, unlike permissions.
    let obstacle = site.state_folder().join("school.json.new");
    std::fs::create_dir(&obstacle).unwrap();
    assert_eq!(refusal(&site, &webhook).await, (500, "internal".to_owned()));
    assert!(!site.is_unlocked("alice", "rust-101").await);

    std::fs::remove_dir(&obstacle).unwrap();
    assert_eq!(site.deliver(&webhook).await.status(), 204);
    assert!(site.is_unlocked("alice", "rust-101").await);
}

#[tokio::test]
async fn an_event_of_another_type_is_acknowledged_and_unlocks_nothing() {
    let site = Site::open().await;
    let event = json!({"type": "refund.failed", "timestamp": "2026-01-01T00:00:00.000Z", "data": {"x": 1}});
    let answer = site.deliver(&Webhook::signed(SECRET, "msg_1", NOW_MS, &event)).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(site.json("/api/webhooks", None).await[0]["type"], "refund.failed");
}

#[tokio::test]
async fn a_verified_body_that_is_not_as_documented_is_refused() {
    let site = Site::open().await;
    let mut without_lines = order_paid(ORDER, Some("alice"), "rust-101");
    without_lines["data"]["order"]["lines"] = json!([]);
    let mut with_text_amount = order_paid(ORDER, Some("alice"), "rust-101");
    with_text_amount["data"]["order"]["total_minor"] = json!("99.00");
    for event in [json!([]), json!({"type": "order.paid"}), without_lines, with_text_amount] {
        let webhook = Webhook::signed(SECRET, "msg_1", NOW_MS, &event);
        assert_eq!(refusal(&site, &webhook).await, (400, "webhook_event".to_owned()), "{event}");
    }
    assert!(!site.is_unlocked("alice", "rust-101").await);
    // The id was not used up: the message can still arrive in good shape.
    site.deliver(&Webhook::order_paid("msg_1", ORDER, Some("alice"), "rust-101")).await;
    assert!(site.is_unlocked("alice", "rust-101").await);
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_unread() {
    let site = Site::open().await;
    let mut event = order_paid(ORDER, Some("alice"), "rust-101");
    event["padding"] = json!("x".repeat(64 * 1024));
    let webhook = Webhook::signed(SECRET, "msg_1", NOW_MS, &event);
    assert_eq!(refusal(&site, &webhook).await, (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_guests_order_is_recorded_by_its_id_and_unlocks_nobody() {
    let site = Site::open().await;
    site.deliver(&Webhook::order_paid("msg_1", ORDER, None, "rust-101")).await;
    let state = site.json(&format!("/courses/rust-101/state?order={ORDER}"), None).await;
    assert_eq!(state, json!({"unlocked": false, "recorded": true}));
    for (path, recorded) in [
        ("/courses/rust-101/state", false),
        ("/courses/rust-101/state?order=another", false),
        ("/courses/ink-painting/state?order=01KDVQ000000000000000000A1", false),
    ] {
        assert_eq!(site.json(path, None).await["recorded"], recorded, "{path}");
    }
    assert!(!site.is_unlocked("alice", "rust-101").await);
}

#[tokio::test]
async fn the_last_fifty_deliveries_are_kept_the_newest_first() {
    let site = Site::open().await;
    for n in 0..52 {
        site.advance_ms(1);
        site.deliver(&Webhook::order_paid(&format!("msg_{n}"), &format!("order-{n}"), None, "rust-101"))
            .await;
    }
    let deliveries = site.json("/api/webhooks", None).await;
    let ids: Vec<_> = deliveries.as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), ids[0], ids[49]), (50, "msg_51", "msg_2"));
}
