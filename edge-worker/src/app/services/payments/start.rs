//! How does a payment start, and start only once?
//!
//! The attempt, with its number and everything its gateway will see, is committed before the gateway is
//! called, together with the idempotency key. Whatever is lost afterwards, a crash, an answer, the learner's
//! connection, the next request finds the attempt and goes on under the same number.

use coursepay_core::api::StartPayment;
use coursepay_core::attempt::{AttemptState, Step};
use coursepay_core::gateway::Operation;
use coursepay_core::id::{AttemptId, OrderId, UserId};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::order::{Refusal, Start};

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::gateways;
use crate::app::idempotency::{Key, Prior};
use crate::app::ports::World;
use crate::app::services::notifications;
use crate::app::services::orders::load_for_caller;
use crate::app::services::payments::{close, offers, report};
use crate::app::store::{self, CommitError, Loaded};

/// `POST /v1/orders/{id}/payments`: 201 with the attempt and what the page does next.
pub(in crate::app::services) async fn start_payment<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let key = Key::of(call)?;
    let wish: StartPayment = call.json()?;
    if let Some(url) = &wish.return_url
        && !app.config.allows_return_to(url)
    {
        let detail = "The origin of return_url is not on the allow-list.";
        return Err(ApiError::field(Code::ReturnUrlNotAllowed, "return_url", detail));
    }
    let loaded = load_for_caller(app, call).await?;
    if let Identity::Learner(learner) = &call.identity {
        learner.require_covered(&loaded.order.products())?;
    }
    match key.look_up(app).await? {
        Prior::Answered(reply) => return Ok(reply),
        Prior::Resume(attempt) => {
            let attempt =
                AttemptId::parse(&attempt).map_err(|error| ApiError::internal(error.to_string()))?;
            return carry_on(app, &key, attempt).await;
        }
        Prior::New => {}
    }
    match wish.method {
        Method::Wallet => {
            let user = wallet_owner(call, &wish)?;
            pay_from_wallet(app, &key, loaded.order.id, &user).await
        }
        Method::External(gateway) => {
            let party = gateways::party(app, gateway)?;
            if !party.protocol.channels(loaded.order.total.currency()).contains(&wish.channel) {
                return Err(not_available(app, call, &wish, &loaded));
            }
            start_at_gateway(app, &key, loaded.order.id, gateway, &wish).await
        }
    }
}

/// The learner whose wallet pays: the token must allow it, and an order token never does.
fn wallet_owner(call: &Call, wish: &StartPayment) -> Result<UserId, ApiError> {
    if wish.channel != Channel::Balance {
        return Err(ApiError::field(Code::MethodNotAvailable, "channel", "the wallet's channel is balance"));
    }
    match &call.identity {
        Identity::Learner(learner) if learner.wallet => Ok(learner.user.clone()),
        Identity::Learner(_) | Identity::Holder(_) | Identity::Nobody | Identity::Platform { .. } => {
            Err(ApiError::new(Code::WalletNotAllowed, "Send a checkout token with the claim wallet: true."))
        }
    }
}

fn not_available<W>(app: &App<'_, W>, call: &Call, wish: &StartPayment, loaded: &Loaded) -> ApiError {
    let offered: Vec<String> = offers(app, &call.identity, loaded.order.total.currency())
        .iter()
        .map(|offer| {
            let channels: Vec<&str> = offer.channels.iter().map(|channel| channel.name()).collect();
            format!("{} ({})", offer.method, channels.join(", "))
        })
        .collect();
    let detail =
        format!("{} ({}) is not offered; offered: {}.", wish.method, wish.channel.name(), offered.join(", "));
    ApiError::field(Code::MethodNotAvailable, "method", detail)
}

async fn start_at_gateway<W: World>(
    app: &App<'_, W>,
    key: &Key,
    order: OrderId,
    gateway: GatewayId,
    wish: &StartPayment,
) -> Result<Reply, ApiError> {
    let party = gateways::party(app, gateway)?;
    let public_url = app.config.public_url.as_ref().map_err(|flaw| {
        ApiError::new(Code::NotConfigured, format!("{} is {}.", flaw.variable, flaw.problem))
    })?;
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let loaded =
            store::load_order(app, order).await?.ok_or_else(|| ApiError::plain(Code::OrderNotFound))?;
        let notify_url = format!("{public_url}/v1/callbacks/{}", gateway.name());
        let terms =
            party.protocol.terms(wish.channel, &loaded.order.subject(), notify_url, wish.return_url.clone());
        let mut ids = store::ids(app);
        let started = loaded.order.start_payment(gateway, wish.channel, terms, &loaded.owned, &mut ids);
        let (attempt, committed) = match started {
            Ok(Start::New(decision, attempt)) => {
                let bind = key.bind(attempt.to_string(), None);
                (attempt, store::commit(app, &decision, vec![bind]).await)
            }
            Ok(Start::Live(attempt)) => {
                let bind = key.bind(attempt.to_string(), None);
                (attempt, store::commit_plain(app, vec![bind]).await)
            }
            Err(Refusal::AttemptLive(other)) => {
                close::close_attempt(app, other).await?;
                continue;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        match committed {
            Ok(()) => return carry_on(app, key, attempt).await,
            Err(CommitError::LostRace) => {}
            Err(CommitError::KeyTaken) => return answer_twin(app, key).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// Makes a committed attempt payable, or finds that it is, and answers.
async fn carry_on<W: World>(app: &App<'_, W>, key: &Key, attempt: AttemptId) -> Result<Reply, ApiError> {
    let not_found = || ApiError::plain(Code::OrderNotFound);
    let mut loaded = store::load_order_of_attempt(app, attempt).await?.ok_or_else(not_found)?;
    let found = loaded.order.attempt(attempt)?;
    let waits_for_gateway =
        matches!(found.state, AttemptState::Created | AttemptState::Unknown(Step::Create));
    if let (Method::External(gateway), true) = (found.method, waits_for_gateway) {
        let party = gateways::party(app, gateway)?;
        if let Some(said) = gateways::report(app, party, Operation::Create, found).await {
            loaded = report::apply(app, attempt, said).await?;
        }
    }
    let found = loaded.order.attempt(attempt)?;
    match &found.state {
        AttemptState::Pending | AttemptState::Processing | AttemptState::Paid(_) => {
            let reply = Reply::json(201, &found.view())?;
            key.answer(app, &reply).await?;
            Ok(reply)
        }
        AttemptState::Created | AttemptState::Unknown(_) => {
            key.let_go(app).await?;
            Err(ApiError::plain(Code::GatewayUnavailable))
        }
        AttemptState::Failed { reason } => {
            let detail = format!("The gateway refused with {reason}.");
            key.unbind(app).await?;
            Err(ApiError::new(Code::GatewayRefused, detail))
        }
        AttemptState::Closed => {
            key.unbind(app).await?;
            Err(ApiError::new(Code::Busy, "The attempt was closed meanwhile; start again."))
        }
    }
}

async fn pay_from_wallet<W: World>(
    app: &App<'_, W>,
    key: &Key,
    order: OrderId,
    user: &UserId,
) -> Result<Reply, ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let loaded =
            store::load_order(app, order).await?.ok_or_else(|| ApiError::plain(Code::OrderNotFound))?;
        let decision = match loaded.order.pay_by_wallet(user, &loaded.owned, &mut store::ids(app)) {
            Ok(decision) => decision,
            Err(Refusal::AttemptLive(other)) => {
                close::close_attempt(app, other).await?;
                continue;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let paid =
            decision.order.attempts.last().ok_or_else(|| ApiError::internal("a payment without attempt"))?;
        let reply = Reply::json(201, &paid.view())?;
        let bind = key.bind(paid.id.to_string(), Some(&reply));
        match store::commit(app, &decision, vec![bind]).await {
            Ok(()) => {
                notifications::announce(app, &decision).await;
                return Ok(reply);
            }
            Err(CommitError::LostRace) => {}
            Err(CommitError::KeyTaken) => return answer_twin(app, key).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// The same request, sent twice at once: the other one bound the key first.
async fn answer_twin<W: World>(app: &App<'_, W>, key: &Key) -> Result<Reply, ApiError> {
    match key.look_up(app).await? {
        Prior::Answered(reply) => Ok(reply),
        Prior::New | Prior::Resume(_) => Err(ApiError::plain(Code::IdempotencyInProgress)),
    }
}
