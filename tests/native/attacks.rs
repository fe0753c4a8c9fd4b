//! What does each way of lying about a payment come to, seen from outside?
//!
//! One table over the three gateways. A row changes or forges the true callback of a payment that waits, in
//! one way; what it says is what must be answered, what must be in the inbox, and that nothing else in the
//! whole database has changed. After every row that has not settled the order the true callback comes, and
//! must settle it: no lie may stand in its way.

mod alipay;
mod scene;
mod stripe;
mod wechat_pay;

use std::collections::{BTreeMap, BTreeSet};

use coursepay_core::api::OrderStatus;
use coursepay_core::method::GatewayId;
use coursepay_edge::app::error::Code;
use coursepay_edge::app::ports::Row as DbRow;
use coursepay_tests::actors::callback::RawCallback;
use coursepay_tests::message::Answer;
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::native::invariants::assert_invariants;
use futures::executor::block_on;

use scene::Scene;

/// One way to lie, or to be true in an odd way.
struct Row {
    /// What comes, in a sentence's words.
    name: &'static str,
    kind: Kind,
    /// What happened before.
    before: Before,
    /// What is set otherwise while it arrives.
    deployed: fn(&mut BTreeMap<String, String>),
    /// How the true callback is changed or forged.
    callback: fn(&Scene) -> RawCallback,
    must: Must,
}

/// In which way a callback lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Unsigned,
    EmptySecret,
    OtherGateway,
    OtherMerchant,
    Replay,
    Stale,
    FromTheFuture,
    ByteChanged,
    Reserialised,
    OtherKey,
    OtherMoney,
    UnknownNumber,
    OtherNumber,
    OtherMode,
    Escapes,
    HtmlEscapes,
    Duplicate,
    Probe,
    KeyId,
    Seal,
    Oversized,
    ContentType,
    HeaderMissing,
    Empty,
    NotUtf8,
    Shadow,
    Downgrade,
    TooLate,
    NotAPayment,
    Rotation,
}

/// Kinds that only some gateways' protocols leave room for: the others say of themselves why.
const NOT_EVERYWHERE: [(Kind, &[GatewayId]); 5] = [
    // Alipay and WeChat have other applications for tests; Stripe has one account in two modes.
    (Kind::OtherMode, &[GatewayId::Stripe]),
    (Kind::Probe, &[GatewayId::WechatPay]),
    // Stripe's secrets have no name.
    (Kind::KeyId, &[GatewayId::Alipay, GatewayId::WechatPay]),
    (Kind::Seal, &[GatewayId::WechatPay]),
    // Alipay signs no time: it repeats a notice for a day.
    (Kind::FromTheFuture, &[GatewayId::WechatPay, GatewayId::Stripe]),
];

/// What happened to the order before a row's callback comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Its payment waits at the gateway.
    Started,
    /// The true callback came.
    Paid,
    /// The buyer gave it up, and the gateway was told to close the payment.
    Cancelled,
}

/// What must be seen.
enum Must {
    /// Refused with this code, and nothing stored.
    Refused(Code),
    /// Acknowledged, and kept apart for this reason.
    Quarantined(&'static str),
    /// Acknowledged, counted as one more delivery of what was taken in before.
    Repeated,
    /// Acknowledged, and not kept.
    Ignored,
    /// Acknowledged, and the order is paid: it is true.
    Settled,
    /// Acknowledged, and booked as money that nothing is sold for.
    Surplus,
}

fn row(name: &'static str, kind: Kind, must: Must, callback: fn(&Scene) -> RawCallback) -> Row {
    Row { name, kind, before: Before::Started, deployed: |_| (), callback, must }
}

impl Row {
    fn after(self, before: Before) -> Self {
        Self { before, ..self }
    }

    fn deployed(self, deployed: fn(&mut BTreeMap<String, String>)) -> Self {
        Self { deployed, ..self }
    }

    /// Plays the row.
    async fn holds(&self, gateway: GatewayId) {
        let what = format!("{}: {}", gateway.name(), self.name);
        let scene = Scene::set(gateway).await;
        match self.before {
            Before::Started => {}
            Before::Paid => acknowledged(gateway, &scene.truth().sent_to(&scene.app).await, &what),
            Before::Cancelled => scene.cancels().await,
        }
        let deployed = scene.app.deployed_with(self.deployed);
        let before = Stored::of(&scene.app);
        let answer = (self.callback)(&scene).sent_to(&deployed).await;
        let after = Stored::of(&scene.app);
        self.check(gateway, &scene, &answer, &before, &after, &what);
        if self.before == Before::Started {
            // However it ended: the true one settles the order, or finds it settled.
            acknowledged(gateway, &scene.truth().sent_to(&scene.app).await, &what);
            assert_eq!(scene.status().await, OrderStatus::Paid, "{what}: the true one must still settle");
        }
        assert_invariants(&scene.app.world.db);
    }

    fn check(
        &self,
        gateway: GatewayId,
        scene: &Scene,
        answer: &Answer,
        before: &Stored,
        after: &Stored,
        what: &str,
    ) {
        match self.must {
            Must::Refused(code) => {
                let problem: coursepay_core::api::Problem = answer.read(code.status());
                assert_eq!(problem.code, code.text(), "{what}: {}", answer.text());
                assert_eq!(after, before, "{what} must leave nothing");
                return;
            }
            _ => acknowledged(gateway, answer, what),
        }
        match self.must {
            Must::Refused(_) => {}
            Must::Ignored => assert_eq!(after, before, "{what} must leave nothing"),
            Must::Repeated => {
                assert_eq!(after.rest, before.rest, "{what} must change nothing");
                assert_eq!(after.inbox.len(), before.inbox.len(), "{what} is no new callback");
                assert_eq!(after.deliveries(), before.deliveries() + 1, "{what} must be counted");
            }
            Must::Quarantined(reason) => {
                assert_eq!(after.rest, before.rest, "{what} must change nothing");
                let kept = after.newest(before, what);
                assert_eq!(kept["outcome"], "quarantined", "{what}");
                let detail = kept["detail"].as_str().unwrap_or_default();
                assert!(
                    detail.contains(reason),
                    "{what} must be kept apart for \"{reason}\", not \"{detail}\""
                );
            }
            Must::Settled => {
                assert_eq!(after.newest(before, what)["outcome"], "taken", "{what}");
                assert_eq!(after.order_status(scene), "paid", "{what}");
                assert_eq!(after.booked("sale"), 1, "{what}");
            }
            Must::Surplus => {
                assert_eq!(after.newest(before, what)["outcome"], "taken", "{what}");
                assert_eq!(after.order_status(scene), before.order_status(scene), "{what}");
                assert_eq!((after.booked("surplus"), after.booked("sale")), (1, 0), "{what}");
                assert_eq!(
                    after.rest["entitlements"], before.rest["entitlements"],
                    "{what} must open nothing"
                );
            }
        }
    }
}

/// Everything that is stored.
#[derive(Debug, PartialEq)]
struct Stored {
    inbox: Vec<DbRow>,
    /// All other tables.
    rest: BTreeMap<String, Vec<DbRow>>,
}

impl Stored {
    fn of(app: &NativeApp) -> Self {
        let mut rest = app.world.db.contents();
        let inbox = rest.remove("callbacks").expect("the inbox");
        Self { inbox, rest }
    }

    fn deliveries(&self) -> i64 {
        self.inbox.iter().map(|row| row.0["deliveries"].as_i64().expect("a number")).sum()
    }

    /// The one callback that was not there before.
    fn newest(&self, before: &Self, what: &str) -> serde_json::Map<String, serde_json::Value> {
        let new: Vec<&DbRow> = self.inbox.iter().filter(|row| !before.inbox.contains(row)).collect();
        let [row] = new.as_slice() else { panic!("{what} must be in the inbox once: {new:?}") };
        row.0.clone()
    }

    fn order_status(&self, scene: &Scene) -> &str {
        let order = self.rest["orders"].iter().find(|row| row.0["id"] == scene.order.id.as_str());
        order.expect("the order").0["status"].as_str().expect("a text")
    }

    fn booked(&self, kind: &str) -> usize {
        self.rest["ledger_entries"].iter().filter(|entry| entry.0["kind"] == kind).count()
    }
}

/// Demands what ends this gateway's retries.
fn acknowledged(gateway: GatewayId, answer: &Answer, what: &str) {
    let body = match gateway {
        GatewayId::Alipay => "success",
        GatewayId::WechatPay => "",
        GatewayId::Stripe => "{}",
    };
    assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, body), "{what}");
}

fn table() -> [(GatewayId, Vec<Row>); 3] {
    [
        (GatewayId::Alipay, alipay::rows()),
        (GatewayId::WechatPay, wechat_pay::rows()),
        (GatewayId::Stripe, stripe::rows()),
    ]
}

fn play(rows: &[Row], gateway: GatewayId) {
    for row in rows {
        block_on(row.holds(gateway));
    }
}

#[test]
fn no_lie_in_alipays_name_changes_anything() {
    play(&alipay::rows(), GatewayId::Alipay);
}

#[test]
fn no_lie_in_wechats_name_changes_anything() {
    play(&wechat_pay::rows(), GatewayId::WechatPay);
}

#[test]
fn no_lie_in_stripes_name_changes_anything() {
    play(&stripe::rows(), GatewayId::Stripe);
}

#[test]
fn the_table_leaves_no_kind_of_lie_out() {
    let table = table();
    let count: usize = table.iter().map(|(_, rows)| rows.len()).sum();
    assert!(count >= 40, "{count} rows");
    let all: BTreeSet<Kind> = table.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.kind)).collect();
    assert_eq!(all.len(), Kind::Rotation as usize + 1, "a kind has no row: {all:?}");
    for (gateway, rows) in &table {
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len(), "{gateway:?} has a name twice");
        for kind in &all {
            let exception = NOT_EVERYWHERE.iter().find(|(known, _)| known == kind);
            let expected = exception.is_none_or(|(_, gateways)| gateways.contains(gateway));
            let found = rows.iter().any(|row| row.kind == *kind);
            assert_eq!(found, expected, "{gateway:?} {kind:?}");
        }
    }
}
