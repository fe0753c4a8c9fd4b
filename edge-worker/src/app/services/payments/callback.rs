//! What becomes of a gateway's callback?
//!
//! Verified on the raw bytes first; what does not verify is refused and leaves no trace but a line of log,
//! so that nobody can fill the inbox or shadow a true notice with a forged one. What verifies but does not
//! fit is kept apart, acknowledged and listed. What fits is decided, and the inbox row is committed in the
//! decision's own batch. Only then is it acknowledged: a crash before leaves it to the gateway to call again.

use coursepay_core::dispute::DisputeReport;
use coursepay_core::gateway::{
    Claim, Content, Message, Misfit, News, Notice, RefundStanding, Sealed, VerifyError, fit, fit_dispute,
};
use coursepay_core::id::{AttemptId, RefundId};
use coursepay_core::method::{GatewayId, Method};
use coursepay_core::money::Money;
use coursepay_core::order::{Order, Report};
use coursepay_core::planted::{self, Bug};
use coursepay_core::refund::RefundReport;

use crate::app::App;
use crate::app::config::GatewayParty;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::gateways;
use crate::app::gateways::disputes::{DisputeSaid, ask_about_dispute};
use crate::app::ports::{Crypto, World};
use crate::app::services::notifications;
use crate::app::services::payments::inbox::{self, Received};
use crate::app::services::payments::refunds::pursue;
use crate::app::store::{self, CommitError, Loaded};
use crate::app::telemetry;

/// What a verified notice comes to.
enum Outcome {
    /// It is about an attempt of ours, and this is what it says.
    Payment(AttemptId, Report),
    /// It is about a refund of ours, and this is what it says.
    Refund(RefundId, RefundReport),
    /// It is about a dispute over the money of an attempt of ours, and this is what it says.
    Dispute(AttemptId, DisputeReport),
    /// It is not ours to act on, for this reason.
    Misfit(String),
}

/// `POST /v1/callbacks/{gateway}`: the gateway's own acknowledgement, after the commit.
pub(in crate::app::services) async fn take_callback<W: World>(
    app: &App<'_, W>,
    gateway: GatewayId,
    call: &Call,
) -> Result<Reply, ApiError> {
    let party = gateways::party(app, gateway)?;
    let headers = gateways::header_list(&call.headers);
    let message = Message { status: 200, headers: &headers, body: &call.body };
    let unverified = party
        .protocol
        .read_callback(message, call.now)
        .map_err(|fault| ApiError::new(Code::CallbackMalformed, fault.to_string()))?;
    let verified = unverified.verify(async |claim: &Claim| gateways::holds(app, party, claim).await).await;
    let content = match verified {
        Ok(content) => content.into_inner(),
        Err(VerifyError::BadSignature) => return Err(ApiError::plain(Code::CallbackNotVerified)),
        Err(VerifyError::Check(error)) => return Err(error),
    };
    let notice = match content {
        Content::Open(notice) => notice,
        Content::Sealed(sealed) => open(app, party, sealed).await?,
    };
    if notice.news != News::Redundant {
        let taken_in = take_in(app, gateway, &notice, &call.body).await;
        if !planted::has(Bug::AcknowledgedBeforeCommit) {
            taken_in?;
        }
    }
    Ok(Reply::text(party.protocol.acknowledgement()))
}

/// Opens what the gateway has sealed for us with one of the keys we share with it.
async fn open<W: World>(app: &App<'_, W>, party: &GatewayParty, sealed: Sealed) -> Result<Notice, ApiError> {
    for key in &party.opening {
        let opened = app.world.crypto().open(key, &sealed.nonce, &sealed.aad, &sealed.ciphertext).await;
        if let Ok(plain) = opened {
            return (sealed.read)(&plain)
                .map_err(|fault| ApiError::new(Code::CallbackMalformed, fault.to_string()));
        }
    }
    Err(ApiError::plain(Code::CallbackNotVerified))
}

async fn take_in<W: World>(
    app: &App<'_, W>,
    gateway: GatewayId,
    notice: &Notice,
    body: &[u8],
) -> Result<(), ApiError> {
    #[cfg(feature = "planted")]
    if planted::has(Bug::DeduplicatedBeforeApply) {
        let seen = inbox::is_known(app, gateway, &notice.key).await?;
        store::commit_plain(app, vec![inbox::write(app, &received(gateway, notice, body, None))]).await?;
        if seen {
            return Ok(());
        }
    }
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let loaded = load(app, notice).await?;
        let outcome = match (&loaded, &notice.news) {
            (Some(loaded), News::Dispute { payment_no, report }) => {
                judge_dispute(app, gateway, payment_no, report, &loaded.order).await?
            }
            (Some(loaded), _) => judge(app, gateway, notice, &loaded.order),
            (None, _) => not_of_ours(notice),
        };
        let row = |misfit: Option<&str>| inbox::write(app, &received(gateway, notice, body, misfit));
        let mut ids = store::ids(app);
        let decision = match (loaded, outcome) {
            (Some(loaded), Outcome::Payment(attempt, report)) => {
                loaded.order.report(attempt, report, &loaded.owned, &mut ids)?
            }
            (Some(loaded), Outcome::Dispute(attempt, report)) => {
                loaded.order.report_dispute(attempt, report, &mut ids)?
            }
            (Some(_), Outcome::Refund(refund, report)) => {
                return pursue::take_in_notice(app, refund, report, || vec![row(None)]).await;
            }
            (None, Outcome::Payment(..) | Outcome::Refund(..) | Outcome::Dispute(..)) => {
                return Err(ApiError::internal("a notice fits no order"));
            }
            (_, Outcome::Misfit(reason)) => {
                store::commit_plain(app, vec![row(Some(&reason))]).await?;
                telemetry::note(app, "callback_quarantined", number(notice), &reason);
                return Ok(());
            }
        };
        match store::commit(app, &decision, vec![row(None)]).await {
            Ok(()) => {
                notifications::announce(app, &decision).await;
                pursue::pursue_new(app, &decision).await;
                return Ok(());
            }
            Err(CommitError::LostRace) if planted::has(Bug::LostRaceTakenAsHandled) => return Ok(()),
            Err(CommitError::LostRace) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// The order that a notice is about.
async fn load<W: World>(app: &App<'_, W>, notice: &Notice) -> Result<Option<Loaded>, ApiError> {
    if let News::Dispute { payment_no, .. } = &notice.news {
        return Ok(store::load_order_of_payment(app, payment_no).await?);
    }
    match AttemptId::parse(&notice.merchant_no) {
        Ok(attempt) => Ok(store::load_order_of_attempt(app, attempt).await?),
        Err(_) => Ok(None),
    }
}

/// Binds a notice to our number, method, amount and currency.
fn judge<W: World>(app: &App<'_, W>, gateway: GatewayId, notice: &Notice, order: &Order) -> Outcome {
    let known = order.attempts.iter().find(|attempt| attempt.id.to_string() == notice.merchant_no);
    let Some(attempt) = known.filter(|attempt| {
        attempt.method == Method::External(gateway) || planted::has(Bug::ForeignCallbackAccepted)
    }) else {
        return not_of_ours(notice);
    };
    let report = match &notice.news {
        News::Paid(payment) => match fit(payment, attempt) {
            Ok(()) => Report::Paid {
                gateway_no: payment.gateway_no.clone(),
                at: payment.at.unwrap_or_else(|| app.world.now()),
            },
            Err(misfit) => return Outcome::Misfit(misfit.to_string()),
        },
        News::Closed => Report::Closed,
        News::Waiting | News::Redundant => Report::Waiting,
        News::Processing => Report::Processing,
        News::Declined { code } => Report::Declined(code.clone()),
        News::Refund { refund_no, amount, standing } => {
            return judge_refund(app, order, attempt.id, refund_no, *amount, standing.clone());
        }
        News::Dispute { .. } => return not_of_ours(notice),
        News::Misfit(misfit) => return Outcome::Misfit(misfit.to_string()),
    };
    Outcome::Payment(attempt.id, report)
}

/// Binds a notice to a dispute of ours, and to how much was taken. Of a new one nothing is known that its amount could
/// be held against, and it stands for all that comes: so it is what the gateway says when it is asked now.
///
/// # Errors
/// 503 when its answer is unclear, so that it sends the notice again.
async fn judge_dispute<W: World>(
    app: &App<'_, W>,
    gateway: GatewayId,
    payment_no: &str,
    report: &DisputeReport,
    order: &Order,
) -> Result<Outcome, ApiError> {
    let is_known = order.disputes.iter().any(|known| known.gateway_no == report.gateway_no);
    let (payment_no, report) = if is_known {
        (payment_no.to_owned(), report.clone())
    } else {
        let party = gateways::party(app, gateway)?;
        match ask_about_dispute(app, party, &report.gateway_no).await {
            DisputeSaid::Report { payment_no, report } => (payment_no, report),
            DisputeSaid::Unclear => return Err(ApiError::plain(Code::GatewayUnavailable)),
        }
    };
    Ok(match fit_dispute(gateway, &payment_no, &report, order) {
        Ok(attempt) => Outcome::Dispute(attempt, report),
        Err(misfit) => Outcome::Misfit(misfit.to_string()),
    })
}

/// Binds a notice to a refund of ours, and to how much it gives back.
fn judge_refund<W: World>(
    app: &App<'_, W>,
    order: &Order,
    attempt: AttemptId,
    refund_no: &str,
    amount: Option<Money>,
    standing: RefundStanding,
) -> Outcome {
    let ours = order.refunds.iter().filter(|refund| refund.attempt == attempt);
    let Some(refund) = ours.into_iter().find(|refund| refund.id.to_string() == refund_no) else {
        return Outcome::Misfit(Misfit::UnexpectedRefund.to_string());
    };
    if let Some(got) = amount.filter(|got| *got != refund.amount) {
        let (expected_minor, got_minor) = (refund.amount.minor(), got.minor());
        return Outcome::Misfit(Misfit::AmountDiffers { expected_minor, got_minor }.to_string());
    }
    let news = gateways::refunds::news(standing, app.world.now());
    Outcome::Refund(refund.id, RefundReport { gateway_no: None, news })
}

/// What is about no payment of ours: for its own reason, where it has one, as a kind of notice that names no
/// number has.
fn not_of_ours(notice: &Notice) -> Outcome {
    let unknown = Misfit::UnknownNumber { got: number(notice).to_owned() };
    let misfit = if let News::Misfit(misfit) = &notice.news { misfit } else { &unknown };
    Outcome::Misfit(misfit.to_string())
}

/// By which number a notice names its payment: ours, or the gateway's own where it knows no other.
fn number(notice: &Notice) -> &str {
    match &notice.news {
        News::Dispute { payment_no, .. } => payment_no,
        _ => &notice.merchant_no,
    }
}

fn received<'a>(
    gateway: GatewayId,
    notice: &'a Notice,
    body: &'a [u8],
    misfit: Option<&'a str>,
) -> Received<'a> {
    Received { gateway, key: &notice.key, merchant_no: number(notice), body: Some(body), misfit }
}
