//! How does money go back, once, and only as far as it came?
//!
//! The refund, with its number, is committed before its gateway is called, together with the idempotency key
//! and the entry that sets the money aside. Whatever is lost afterwards, the schedule finds the refund and
//! goes on under the same number (`pursue.rs`).

pub(in crate::app) mod pursue;

use coursepay_core::api::{self, CreateLine, PolicyOverride, RefundView, RequestRefund};
use coursepay_core::id::{AttemptId, OperatorId, OrderId, ProductId, RefundId};
use coursepay_core::method::Method;
use coursepay_core::money::FULL_SHARE_BPS;
use coursepay_core::order::{Order, RefundWish};
use coursepay_core::refund::{Grounds, Override, Usage};
use serde::Serialize;

use crate::app::App;
use crate::app::auth::Scope;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::gateways;
use crate::app::idempotency::{Key, Prior};
use crate::app::ports::{Statement, World};
use crate::app::services::notifications;
use crate::app::store::{self, CommitError, Loaded};

/// The buyer reads it at the gateway: WeChat Pay shows 80 bytes, and cuts off what is longer.
const LONGEST_REASON_CHARS: usize = 80;

/// `POST /v1/orders/{id}/refunds`: 201 with the refund as it stands after its gateway was asked.
pub(in crate::app::services) async fn request_refund<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let key = Key::of(app, call)?;
    let body: RequestRefund = call.json()?;
    if body.policy_override.is_some() {
        call.identity.require_scope(Scope::RefundOverrides)?;
    }
    let reason = read_reason(&body.reason, "reason")?;
    let wish = read_wish(body)?;
    let order = order_of_path(call)?;
    match key.look_up(app).await? {
        Prior::Answered(reply) => return Ok(reply),
        Prior::Resume(refund) => {
            let refund = RefundId::parse(&refund).map_err(|error| ApiError::internal(error.to_string()))?;
            let order = pursue::pursue(app, refund, |order| key_answer(&key, order, refund)).await?;
            return reply(&order, refund);
        }
        Prior::New => {}
    }
    match commit_refund(app, &key, order, &wish, &reason).await {
        Ok((order, refund)) if order.refund(refund)?.state.is_open() => {
            let order =
                pursue::send_first(app, order, refund, |order| key_answer(&key, order, refund)).await?;
            reply(&order, refund)
        }
        Ok((order, refund)) => reply(&order, refund),
        // Refused, perhaps, because the same request, sent twice at once, has had its effect.
        Err(refusal) if refusal.code.status() == 409 => key.twin_or(app, refusal).await,
        Err(error) => Err(error),
    }
}

fn read_reason(text: &str, field: &'static str) -> Result<String, ApiError> {
    let reason = text.trim();
    let is_text = !reason.is_empty() && !reason.chars().any(char::is_control);
    if !is_text || reason.chars().count() > LONGEST_REASON_CHARS {
        let detail = format!("1 to {LONGEST_REASON_CHARS} characters of one line");
        return Err(ApiError::field(Code::InvalidField, field, detail));
    }
    Ok(reason.to_owned())
}

/// What is to be given back.
enum Wish {
    Sale(RefundWish, Grounds),
    Surplus(AttemptId),
}

fn read_wish(body: RequestRefund) -> Result<Wish, ApiError> {
    let Some(attempt) = body.attempt else {
        let grounds = read_grounds(&body.usage, body.policy_override.as_ref())?;
        return read_sale(body.lines, body.amount_minor).map(|wish| Wish::Sale(wish, grounds));
    };
    if !body.usage.is_empty() || body.policy_override.is_some() {
        let detail = "surplus goes back whatever the policies say: without usage and override";
        return Err(ApiError::field(Code::InvalidField, "attempt", detail));
    }
    if body.lines.is_some() || body.amount_minor.is_some() {
        let detail = "surplus goes back whole: without lines and amount_minor";
        return Err(ApiError::field(Code::InvalidField, "attempt", detail));
    }
    let unknown = |_| ApiError::field(Code::InvalidField, "attempt", "not an attempt of this order");
    AttemptId::parse(&attempt).map(Wish::Surplus).map_err(unknown)
}

fn read_sale(lines: Option<Vec<CreateLine>>, amount_minor: Option<i64>) -> Result<RefundWish, ApiError> {
    match (lines, amount_minor) {
        (None, None) => Ok(RefundWish::Everything),
        (None, Some(minor)) if minor > 0 => Ok(RefundWish::Amount(minor)),
        (None, Some(minor)) => {
            Err(ApiError::field(Code::AmountOutOfRange, "amount_minor", format!("got {minor}")))
        }
        (Some(lines), None) if !lines.is_empty() => {
            let products = lines.iter().map(|line| {
                let unknown =
                    || ApiError::field(Code::UnknownLine, "lines", "A line's product is not an id.");
                ProductId::parse(&line.product).map_err(|_| unknown())
            });
            Ok(RefundWish::Lines(products.collect::<Result<_, _>>()?))
        }
        (Some(_), None) => Err(ApiError::field(Code::InvalidField, "lines", "name a line, or leave it out")),
        (Some(_), Some(_)) => {
            let detail = "either lines or amount_minor";
            Err(ApiError::field(Code::InvalidField, "amount_minor", detail))
        }
    }
}

fn read_grounds(usage: &[api::Usage], set_aside: Option<&PolicyOverride>) -> Result<Grounds, ApiError> {
    let malformed = |detail: String| ApiError::field(Code::InvalidField, "usage", detail);
    let mut known: Vec<Usage> = Vec::new();
    for said in usage {
        let product = ProductId::parse(&said.product)
            .map_err(|_| ApiError::field(Code::UnknownLine, "usage", "A product is not an id."))?;
        if said.used_bps > FULL_SHARE_BPS {
            return Err(malformed(format!("used_bps is at most {FULL_SHARE_BPS} basis points")));
        }
        if known.iter().any(|known| known.product == product) {
            return Err(malformed(format!("{product} is named twice")));
        }
        known.push(Usage { product, used_bps: said.used_bps });
    }
    let policy_override = set_aside.map(read_override).transpose()?;
    Ok(Grounds { usage: known, policy_override })
}

fn read_override(set_aside: &PolicyOverride) -> Result<Override, ApiError> {
    let by = OperatorId::parse(&set_aside.by)
        .map_err(|_| ApiError::field(Code::InvalidField, "override.by", "1 to 64 of A-Z a-z 0-9 _ -"))?;
    Ok(Override { by, reason: read_reason(&set_aside.reason, "override.reason")? })
}

fn order_of_path(call: &Call) -> Result<OrderId, ApiError> {
    OrderId::parse(call.param("id")).map_err(|_| ApiError::plain(Code::OrderNotFound))
}

/// Commits the refund with its key, and with its answer where no gateway has to be asked.
async fn commit_refund<W: World>(
    app: &App<'_, W>,
    key: &Key,
    order: OrderId,
    wish: &Wish,
    reason: &str,
) -> Result<(Order, RefundId), ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let Loaded { order, user, .. } = load_order(app, order).await?;
        let mut ids = store::ids(app);
        let reason = reason.to_owned();
        let (decision, refund) = match wish {
            Wish::Sale(wish, grounds) => {
                order.request_refund(wish, reason, grounds.clone(), user.as_ref(), &mut ids)?
            }
            Wish::Surplus(attempt) if order.attempt(*attempt).is_err() => {
                let detail = "not an attempt of this order";
                return Err(ApiError::field(Code::InvalidField, "attempt", detail));
            }
            Wish::Surplus(attempt) => order.return_surplus(*attempt, reason, &mut ids)?,
        };
        let requested = decision.order.refund(refund)?;
        // A gateway that is off could not be told: better said before the money is set aside.
        if let Method::External(gateway) = decision.order.attempt(requested.attempt)?.method {
            gateways::party(app, gateway)?;
        }
        let answer = reply(&decision.order, refund)?;
        let answer = (!requested.state.is_open()).then_some(&answer);
        match store::commit(app, &decision, vec![key.bind(refund.to_string(), answer)]).await {
            Ok(()) => {
                notifications::announce(app, &decision).await;
                return Ok((decision.order, refund));
            }
            Err(CommitError::LostRace) => {}
            Err(CommitError::KeyTaken) => return Err(ApiError::plain(Code::IdempotencyInProgress)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

async fn load_order<W: World>(app: &App<'_, W>, id: OrderId) -> Result<Loaded, ApiError> {
    store::load_order(app, id).await?.ok_or_else(|| ApiError::plain(Code::OrderNotFound))
}

async fn load_of_refund<W: World>(app: &App<'_, W>, id: RefundId) -> Result<Loaded, ApiError> {
    store::load_order_of_refund(app, id).await?.ok_or_else(|| ApiError::plain(Code::RefundNotFound))
}

fn view(order: &Order, refund: RefundId) -> Result<RefundView, ApiError> {
    Ok(order.refund(refund)?.view(order.id))
}

/// The answer for a refund as it stands.
fn reply(order: &Order, refund: RefundId) -> Result<Reply, ApiError> {
    Reply::json(201, &view(order, refund)?)
}

/// The statement that keeps that answer for a repeat: it goes into the batch that makes it true.
fn key_answer(key: &Key, order: &Order, refund: RefundId) -> Result<Vec<Statement>, ApiError> {
    Ok(vec![key.answering(&refund.to_string(), &reply(order, refund)?)])
}

/// `GET /v1/refunds/{id}`.
pub(in crate::app::services) async fn get_refund<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = RefundId::parse(call.param("id")).map_err(|_| ApiError::plain(Code::RefundNotFound))?;
    let loaded = load_of_refund(app, id).await?;
    Reply::json(200, &view(&loaded.order, id)?)
}

#[derive(Serialize)]
struct Listing {
    refunds: Vec<RefundView>,
}

/// `GET /v1/orders/{id}/refunds`: all of them, the returns of surplus as well; the oldest first.
pub(in crate::app::services) async fn list_refunds<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let loaded = load_order(app, order_of_path(call)?).await?;
    let refunds = loaded.order.refunds.iter().map(|refund| refund.view(loaded.order.id)).collect();
    Reply::json(200, &Listing { refunds })
}
