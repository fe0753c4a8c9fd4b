//! What does a learner hold, and how does it get there?
//!
//! A closed loop: the platform credits, the learner spends here. A wallet's balance is its ledger account;
//! there is no other figure that could disagree.

use coursepay_core::api::{CreditWallet, WalletView};
use coursepay_core::currency::Currency;
use coursepay_core::id::UserId;
use coursepay_core::ledger::chart::Account;
use coursepay_core::ledger::rules;
use coursepay_core::money::Money;

use crate::app::App;
use crate::app::auth::Identity;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::idempotency::{Key, Prior};
use crate::app::ports::{World, statement};
use crate::app::services::transfers::ledger;
use crate::app::store::{self, CommitError};

const LONGEST_REASON_CHARS: usize = 200;

/// `POST /v1/wallets/{user}/credits`: 201 with the wallet as it is then.
pub(in crate::app::services) async fn credit_wallet<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let key = Key::of(app, call)?;
    let user = UserId::parse(call.param("user"))
        .map_err(|_| ApiError::field(Code::InvalidField, "user", "1 to 64 of A-Z a-z 0-9 _ -"))?;
    let credit: CreditWallet = call.json()?;
    let amount = Money::new(credit.amount_minor, credit.currency)
        .ok()
        .filter(|amount| !amount.is_zero())
        .ok_or_else(|| {
            let detail = format!("got {}", credit.amount_minor);
            ApiError::field(Code::AmountOutOfRange, "amount_minor", detail)
        })?;
    if credit.reason.trim().is_empty() || credit.reason.chars().count() > LONGEST_REASON_CHARS {
        let detail = format!("1 to {LONGEST_REASON_CHARS} characters");
        return Err(ApiError::field(Code::InvalidField, "reason", detail));
    }
    if let Prior::Answered(reply) = key.look_up(app).await? {
        return Ok(reply);
    }
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let balance = ledger::balance(app, &Account::Wallet(user.clone()), credit.currency).await?;
        // The figure in the answer is as of this look; the booking itself is by delta and never depends on it.
        let after = balance.saturating_add(amount.minor());
        if Money::new(after, credit.currency).is_err() {
            let detail = format!("the wallet would hold {after}");
            return Err(ApiError::field(Code::AmountOutOfRange, "amount_minor", detail));
        }
        let mut ids = store::ids(app);
        let credit_id = ids.fresh();
        let entry = rules::wallet_credit(ids.fresh(), credit_id, ids.at(), user.clone(), amount)
            .map_err(|error| ApiError::internal(error.to_string()))?;
        let reply = Reply::json(201, &WalletView { balance_minor: after, currency: credit.currency })?;
        let more = vec![
            statement!(
                "INSERT INTO wallet_credits (id, user_id, currency, amount_minor, reason, at_ms) \
                 VALUES (?1, ?2, ?3, CAST(?4 AS INTEGER), ?5, CAST(?6 AS INTEGER))",
                credit_id.to_string(),
                user.as_str(),
                credit.currency.code(),
                amount.minor(),
                credit.reason.trim(),
                ids.at(),
            ),
            key.bind(credit_id.to_string(), Some(&reply)),
        ];
        match store::commit_entry(app, &entry, more).await {
            Ok(()) => return Ok(reply),
            Err(CommitError::LostRace | CommitError::KeyTaken) => {}
            Err(error) => return Err(error.into()),
        }
        if let Prior::Answered(reply) = key.look_up(app).await? {
            return Ok(reply);
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// Whether the wallet of `user` holds `amount` at this moment.
///
/// # Errors
/// 503 when the database does not answer.
pub(in crate::app::services) async fn holds<W: World>(
    app: &App<'_, W>,
    user: &UserId,
    amount: Money,
) -> Result<bool, ApiError> {
    let balance = ledger::balance(app, &Account::Wallet(user.clone()), amount.currency()).await?;
    Ok(balance >= amount.minor())
}

/// `GET /v1/wallets/{user}?currency=`: for the platform and that learner; CNY unless said otherwise.
pub(in crate::app::services) async fn get_wallet<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let not_found = || ApiError::plain(Code::WalletNotFound);
    let user = UserId::parse(call.param("user")).map_err(|_| not_found())?;
    if let Identity::Learner(learner) = &call.identity
        && learner.user != user
    {
        return Err(not_found());
    }
    let currency = ledger::wanted_currency(call)?.unwrap_or(Currency::Cny);
    let balance_minor = ledger::balance(app, &Account::Wallet(user), currency).await?;
    Reply::json(200, &WalletView { balance_minor, currency })
}
