//! Whom and what do the tests speak of?

use coursepay_core::api::ProductKind;
use coursepay_core::attempt::{Attempt, AttemptState, Capture};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::alipay::Alipay;
use coursepay_core::gateway::{
    Content, Fault, Gateway, Message, Moment, Notice, Operation, Payer, Prepared, Unsigned, Unverified,
};
use coursepay_core::id::{BuyerId, CreatorId, IdSource, ProductId, UserId};
use coursepay_core::ledger::{Entry, Side};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;
use coursepay_core::order::{Line, Order, OrderState, Share};
use coursepay_core::time::Timestamp;

/// 2026-01-01T00:00:00Z, which is eight in the morning at Alipay.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);

pub(crate) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::Cny).unwrap()
}

pub(crate) fn alice() -> UserId {
    UserId::parse("alice").unwrap()
}

pub(crate) fn product(name: &str) -> ProductId {
    ProductId::parse(name).unwrap()
}

pub(crate) fn line(name: &str, net: Money, shares: &[(&str, u32)]) -> Line {
    Line {
        product: product(name),
        title: format!("课程 {name}"),
        kind: ProductKind::Course,
        price: net,
        discount: Money::zero(net.currency()),
        net,
        shares: shares
            .iter()
            .map(|(creator, bps)| Share { creator: CreatorId::parse(creator).unwrap(), bps: *bps })
            .collect(),
        refund_policy: None,
    }
}

/// Ids for one decision, taken `after_ms` after the start.
pub(crate) fn ids(after_ms: i64, seed: u8) -> IdSource {
    IdSource::new(START.plus_ms(after_ms), [seed; 16])
}

/// An open order of `lines`, made at the start.
pub(crate) fn order_of(lines: Vec<Line>) -> Order {
    let mut ids = ids(0, 1);
    let buyer: BuyerId = ids.fresh();
    Order::create(buyer, lines, &[], None, &mut ids).unwrap().order
}

/// One course of 99.00, of which its creator gets 70 %.
pub(crate) fn order() -> Order {
    order_of(vec![line("rust-101", cny(9_900), &[("lin", 7_000)])])
}

pub(crate) fn alipay() -> Alipay {
    Alipay {
        app_id: "2021000000000001".to_owned(),
        seller_id: "2088000000000002".to_owned(),
        gateway_url: "https://gateway.example/gateway.do".to_owned(),
        precreate_product_code: None,
        certificates: None,
    }
}

/// An attempt of 99.00 through Alipay, in `state`.
pub(crate) fn attempt(channel: Channel, state: AttemptState) -> Attempt {
    let order = order();
    let mut ids = ids(0, 2);
    Attempt {
        id: ids.fresh_for(order.buyer),
        method: Method::External(GatewayId::Alipay),
        channel,
        amount: order.total,
        terms: alipay().terms(
            channel,
            &order.subject(),
            "https://pay.example/v1/callbacks/alipay".to_owned(),
            Some("https://school.example/course?id=1&from=pay".to_owned()),
        ),
        created_at: START,
        expires_at: order.expires_at,
        state,
        action: None,
        gateway_ref: None,
        failure: None,
    }
}

/// An order of two courses, 99.00 and 1.00, paid through Alipay.
pub(crate) fn paid_order() -> Order {
    let lines = vec![
        line("rust-101", cny(9_900), &[("lin", 7_000)]),
        line("ink-painting", cny(100), &[("mei", 3_333), ("lin", 3_333)]),
    ];
    let mut order = order_of(lines);
    let capture = Capture { gateway_no: Some("2026".to_owned()), at: START, settled: true };
    let mut paid = attempt(Channel::Qr, AttemptState::Paid(capture));
    paid.amount = order.total;
    order.state = OrderState::Paid { attempt: paid.id, at: START };
    order.attempts.push(paid);
    order
}

/// Debits less credits of an account.
pub(crate) fn moved(entries: &[Entry], account: &str) -> i64 {
    let legs = entries.iter().flat_map(Entry::legs).filter(|leg| leg.account.to_string() == account);
    legs.map(|leg| if leg.side == Side::Debit { leg.amount.minor() } else { -leg.amount.minor() }).sum()
}

/// A moment of sending.
pub(crate) fn moment(now: Timestamp) -> Moment {
    Moment { now, nonce: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".to_owned() }
}

/// A request that is to be signed.
pub(crate) fn unsigned(
    gateway: &impl Gateway,
    operation: Operation,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Unsigned, Fault> {
    match gateway.prepare(operation, attempt, &Payer::default(), &moment(now))? {
        Prepared::ToSign(unsigned) => Ok(unsigned),
        Prepared::WithSecret(request) => panic!("{request:?}"),
    }
}

/// A callback of which the body counts alone and nothing is sealed.
pub(crate) fn open_callback(gateway: &impl Gateway, body: &[u8]) -> Result<Unverified<Notice>, Fault> {
    let callback = gateway.read_callback(Message::of_body(body), START)?;
    Ok(callback.map(|content| match content {
        Content::Open(notice) => notice,
        Content::Sealed(_) => panic!("sealed"),
    }))
}

/// Runs a future that never has to wait.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the future waits for something"),
    }
}
