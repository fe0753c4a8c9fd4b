//! How does a payment start, and start only once?
//!
//! The attempt, with its number and everything its gateway will see, is committed before the gateway is
//! called, together with the idempotency key. Whatever is lost afterwards, a crash, an answer, the learner's
//! connection, the next request finds the attempt and goes on under the same number.

use coursepay_core::api::StartPayment;
use coursepay_core::attempt::{AttemptState, Step};
use coursepay_core::gateway::{Operation, Payer};
use coursepay_core::id::{AttemptId, UserId};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::order::{Order, Refusal, Start};
use coursepay_core::planted::{self, Bug};

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::gateways;
use crate::app::idempotency::{Key, Prior};
use crate::app::ports::World;
use crate::app::services::notifications;
use crate::app::services::orders::load_for_caller;
use crate::app::services::payments::{close, offers, payer, report, return_address};
use crate::app::services::transfers::wallets;
use crate::app::store::{self, CommitError, Loaded};

/// `POST /v1/orders/{id}/payments`: 201 with the attempt and what the page does next.
pub(in crate::app::services) async fn start_payment<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let key = Key::of(app, call)?;
    let mut wish: StartPayment = call.json()?;
    if let Some(url) = &wish.return_url {
        wish.return_url = Some(return_address(app, url)?);
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
            // Read after the lease was taken: what its last holder did is in it.
            let loaded = store::reload(app, &loaded).await?;
            let is_under_way = payable(&loaded.order, attempt)?.is_some();
            if !is_under_way && let Err(over) = loaded.order.require_payable(&loaded.owned, app.world.now()) {
                // What its gateway took or did not take is for the job to ask; nobody can begin to pay now.
                key.let_go(app, &attempt.to_string()).await?;
                return Err(over.into());
            }
            return carry_on(app, &key, loaded, attempt).await;
        }
        Prior::New => {}
    }
    let started = match wish.method {
        Method::Wallet => {
            let user = wallet_owner(call, &wish)?;
            pay_from_wallet(app, &key, loaded, &user).await
        }
        Method::External(gateway) => {
            let party = gateways::party(app, gateway)?;
            // Whatever device asks: what it says of itself is no more than a hint (`core/src/device.rs`).
            if !app.config.channels(party, loaded.order.total.currency()).contains(&wish.channel) {
                return Err(not_available(app, call, &wish, &loaded));
            }
            if gateway == GatewayId::Stripe && wish.return_url.is_none() {
                let detail = "A card is paid on another page: say where it leads back to.";
                return Err(ApiError::field(Code::InvalidField, "return_url", detail));
            }
            let payer = payer::of_call(app, call, &loaded.order, gateway, wish.channel).await?;
            start_at_gateway(app, &key, loaded, gateway, &wish, payer.as_ref()).await
        }
    };
    match started {
        // Refused, perhaps, because the same request, sent twice at once, has had its effect.
        Err(refusal) if refusal.code.status() == 409 => key.twin_or(app, refusal).await,
        answered_or_failed => answered_or_failed,
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
    let offered: Vec<String> = offers(app, &call.identity, loaded.order.total.currency(), None)
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
    mut loaded: Loaded,
    gateway: GatewayId,
    wish: &StartPayment,
    payer: Option<&Payer>,
) -> Result<Reply, ApiError> {
    let party = gateways::party(app, gateway)?;
    let public_url = app.config.public_url.as_ref().map_err(|flaw| {
        ApiError::new(Code::NotConfigured, format!("{} is {}.", flaw.variable, flaw.problem))
    })?;
    for tries in 0.. {
        store::before_try(app, tries).await?;
        if tries > 0 {
            loaded = store::reload(app, &loaded).await?;
        }
        let notify_url = format!("{public_url}/v1/callbacks/{}", gateway.name());
        let terms =
            party.protocol.terms(wish.channel, &loaded.order.subject(), notify_url, wish.return_url.clone());
        let mut ids = store::ids(app);
        let started = loaded.order.start_payment(gateway, wish.channel, terms, &loaded.owned, &mut ids);
        let (attempt, committed) = match started {
            Ok(Start::New(decision, attempt)) => {
                let bind = key.bind(attempt.to_string(), None);
                let freeze = payer::freeze(app, attempt, payer).await?;
                let committed = store::commit_with(app, &decision, vec![bind], freeze).await;
                loaded.order = decision.order;
                (attempt, committed)
            }
            Ok(Start::Live(attempt)) if payer::is_outdated(app, &loaded.order, attempt, payer).await? => {
                close::close_attempt(app, loaded.clone(), attempt).await?;
                continue;
            }
            Ok(Start::Live(attempt)) => {
                let bind = key.bind(attempt.to_string(), None);
                let committed = store::commit_plain(app, vec![bind]).await;
                // Somebody else began it, and may have closed it since it was read.
                loaded = store::reload(app, &loaded).await?;
                (attempt, committed)
            }
            Err(Refusal::AttemptLive(other)) => {
                close::close_attempt(app, loaded.clone(), other).await?;
                continue;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        match committed {
            Ok(()) => return carry_on(app, key, loaded, attempt).await,
            Err(CommitError::LostRace) => {}
            Err(CommitError::KeyTaken) => {
                return key.twin_or(app, ApiError::plain(Code::IdempotencyInProgress)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// Makes a committed attempt payable, or finds that it is, and answers.
async fn carry_on<W: World>(
    app: &App<'_, W>,
    key: &Key,
    loaded: Loaded,
    attempt: AttemptId,
) -> Result<Reply, ApiError> {
    let found = loaded.order.attempt(attempt)?;
    let waits_for_gateway =
        matches!(found.state, AttemptState::Created | AttemptState::Unknown(Step::Create));
    if !waits_for_gateway {
        return answer(app, key, &loaded.order, attempt).await;
    }
    // The answer goes into the batch that makes it true.
    let store_answer = |order: &Order| {
        let reply = payable(order, attempt)?;
        Ok(reply.map(|reply| key.answering(&attempt.to_string(), &reply)).into_iter().collect())
    };
    let heard = report::ask_gateway(app, loaded, attempt, Operation::Create, store_answer).await?;
    match payable(&heard.loaded.order, attempt)? {
        Some(reply) => Ok(reply),
        None => answer(app, key, &heard.loaded.order, attempt).await,
    }
}

/// The answer for an attempt that the learner can go on with.
fn payable(order: &Order, attempt: AttemptId) -> Result<Option<Reply>, ApiError> {
    let found = order.attempt(attempt)?;
    match &found.state {
        AttemptState::Pending | AttemptState::Processing | AttemptState::Paid(_) => {
            Reply::json(201, &found.view()).map(Some)
        }
        AttemptState::Created
        | AttemptState::Unknown(_)
        | AttemptState::Closed
        | AttemptState::Failed { .. } => Ok(None),
    }
}

/// Answers for an attempt as it stands, and leaves the key so that a repeat does what the caller would want.
async fn answer<W: World>(
    app: &App<'_, W>,
    key: &Key,
    order: &Order,
    attempt: AttemptId,
) -> Result<Reply, ApiError> {
    if let Some(reply) = payable(order, attempt)? {
        store::commit_plain(app, vec![key.answering(&attempt.to_string(), &reply)]).await?;
        return Ok(reply);
    }
    match &order.attempt(attempt)?.state {
        AttemptState::Failed { reason } => {
            key.unbind(app, &attempt.to_string()).await?;
            Err(ApiError::new(Code::GatewayRefused, format!("The gateway refused with {reason}.")))
        }
        AttemptState::Closed => {
            key.unbind(app, &attempt.to_string()).await?;
            Err(ApiError::new(Code::Busy, "The attempt was closed meanwhile; start again."))
        }
        AttemptState::Created
        | AttemptState::Unknown(_)
        | AttemptState::Pending
        | AttemptState::Processing
        | AttemptState::Paid(_) => {
            key.let_go(app, &attempt.to_string()).await?;
            Err(ApiError::plain(Code::GatewayUnavailable))
        }
    }
}

async fn pay_from_wallet<W: World>(
    app: &App<'_, W>,
    key: &Key,
    mut loaded: Loaded,
    user: &UserId,
) -> Result<Reply, ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        if tries > 0 {
            loaded = store::reload(app, &loaded).await?;
        }
        if planted::has(Bug::WalletOverdrawn) && !wallets::holds(app, user, loaded.order.total).await? {
            return Err(ApiError::plain(Code::InsufficientFunds));
        }
        let decision = match loaded.order.pay_by_wallet(user, &loaded.owned, &mut store::ids(app)) {
            Ok(decision) => decision,
            Err(Refusal::AttemptLive(other)) => {
                // The batch guards the balance; this look only spares a learner who cannot pay like this
                // the loss of the code that is on their screen.
                if !wallets::holds(app, user, loaded.order.total).await? {
                    return Err(ApiError::plain(Code::InsufficientFunds));
                }
                close::close_attempt(app, loaded.clone(), other).await?;
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
            Err(CommitError::KeyTaken) => {
                return key.twin_or(app, ApiError::plain(Code::IdempotencyInProgress)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}
