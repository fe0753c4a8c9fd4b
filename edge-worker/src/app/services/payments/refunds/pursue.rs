//! How is a refund brought to its end?
//!
//! A gateway is asked before it is told again: only where it does not know the refund is the request repeated,
//! with the same number and the same parameters. What it does not answer is asked by schedule, for as long as
//! it takes; a new number would be a second refund.

use coursepay_core::decision::Decision;
use coursepay_core::gateway::RefundOperation;
use coursepay_core::id::RefundId;
use coursepay_core::method::Method;
use coursepay_core::order::Order;
use coursepay_core::planted::{self, Bug};
use coursepay_core::refund::{RefundReport, RefundState};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::gateways::{self, refunds::RefundSaid, refunds::ask_about_refund};
use crate::app::jobs::{self, Job};
use crate::app::ports::{Statement, World};
use crate::app::services::notifications;
use crate::app::services::payments::nothing_more;
use crate::app::services::payments::refunds::load_of_refund;
use crate::app::store::{self, CommitError};

/// Has the refunds that `decision` began pursued at once.
pub(in crate::app) async fn pursue_new<W: World>(app: &App<'_, W>, decision: &Decision) {
    for changed in decision.refunds.iter().filter(|changed| changed.is_new) {
        let is_open = decision.order.refund(changed.id).is_ok_and(|refund| refund.state.is_open());
        if is_open {
            jobs::enqueue(app, &Job::Refund { refund: changed.id }).await;
        }
    }
}

/// Asks for a refund of `order` that was committed a moment ago, and that its gateway cannot know yet. Commits what
/// the gateway says together with what `more` adds for the order as it is then, and gives that.
///
/// # Errors
/// 503 when the gateway is off or the database does not answer. A gateway that does not answer is no error.
pub(super) async fn send_first<W: World>(
    app: &App<'_, W>,
    order: Order,
    refund: RefundId,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Order, ApiError> {
    let said = ask(app, &order, refund, RefundOperation::Request).await?;
    conclude(app, order, refund, said, more).await
}

/// Asks where an open refund stands, and asks for it again where its gateway does not know it. Commits and gives
/// as [`send_first`].
///
/// # Errors
/// As [`send_first`].
pub(super) async fn pursue<W: World>(
    app: &App<'_, W>,
    refund: RefundId,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Order, ApiError> {
    let order = load_of_refund(app, refund).await?.order;
    if order.refund(refund)?.state.is_open() {
        pursue_open(app, order, refund, more).await
    } else {
        conclude(app, order, refund, None, more).await
    }
}

/// Looks after a refund that is due by schedule: one that is open is pursued; of one that its gateway has paid it is
/// asked whether that still holds.
///
/// # Errors
/// As [`send_first`].
pub(in crate::app) async fn look_after<W: World>(app: &App<'_, W>, refund: RefundId) -> Result<(), ApiError> {
    let order = load_of_refund(app, refund).await?.order;
    match &order.refund(refund)?.state {
        state if state.is_open() => pursue_open(app, order, refund, nothing_more).await.map(drop),
        RefundState::Succeeded { .. } => {
            let said = ask(app, &order, refund, RefundOperation::Query).await?;
            conclude(app, order, refund, said, nothing_more).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn pursue_open<W: World>(
    app: &App<'_, W>,
    order: Order,
    refund: RefundId,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Order, ApiError> {
    let order = tell_of_delay(app, order, refund).await?;
    let may_repeat = matches!(order.refund(refund)?.state, RefundState::Requested | RefundState::Pending);
    let first = if planted::has(Bug::RefundNumberRegenerated) {
        RefundOperation::Request
    } else {
        RefundOperation::Query
    };
    let mut said = ask(app, &order, refund, first).await?;
    if may_repeat && matches!(said, Some(RefundSaid::Absent)) {
        said = ask(app, &order, refund, RefundOperation::Request).await?;
    }
    conclude(app, order, refund, said, more).await
}

/// Somebody should know of a refund that does not end. It goes on by itself all the same: whoever pays the buyer
/// in another way must be sure that it will not.
async fn tell_of_delay<W: World>(
    app: &App<'_, W>,
    order: Order,
    refund: RefundId,
) -> Result<Order, ApiError> {
    let decision = order.tell_of_delay(refund, &mut store::ids(app))?;
    match store::commit(app, &decision, Vec::new()).await {
        Ok(()) => {
            notifications::announce(app, &decision).await;
            Ok(decision.order)
        }
        // It has moved; the next look tells, if there is still something to tell.
        Err(CommitError::LostRace) => Ok(order),
        Err(error) => Err(error.into()),
    }
}

async fn conclude<W: World>(
    app: &App<'_, W>,
    mut order: Order,
    refund: RefundId,
    said: Option<RefundSaid>,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Order, ApiError> {
    let mut batch = Vec::new();
    match said {
        Some(RefundSaid::News(report)) => return take_in(app, order, refund, report, more).await,
        // Whoever looks at the refund sees why it is not done yet.
        Some(RefundSaid::Unclear(code)) => {
            batch.push(store::note_last_code(refund, Some(&code)));
            note(&mut order, refund, Some(code));
        }
        Some(RefundSaid::Absent) | None => {}
    }
    batch.extend(more(&order)?);
    store::commit_plain(app, batch).await?;
    Ok(order)
}

/// What its gateway last said of a refund that settled nothing, on the order at hand.
fn note(order: &mut Order, refund: RefundId, code: Option<String>) {
    if let Some(refund) = order.refunds.iter_mut().find(|known| known.id == refund) {
        refund.last_code = code;
    }
}

/// Takes in what a notice says of a refund, together with `more`. A notice may be old by the time it comes: what
/// contradicts an end is believed only as far as the gateway, asked now, says so.
///
/// # Errors
/// As [`take_in`], and 503 when the gateway's answer is unclear, so that it sends the notice again.
pub(in crate::app::services) async fn take_in_notice<W: World>(
    app: &App<'_, W>,
    refund: RefundId,
    notice: RefundReport,
    more: impl Fn() -> Vec<Statement>,
) -> Result<(), ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let order = load_of_refund(app, refund).await?.order;
        let report = if order.refund(refund)?.state.is_contradicted_by(&notice.news) {
            match ask(app, &order, refund, RefundOperation::Query).await? {
                Some(RefundSaid::News(report)) => report,
                Some(_) | None => return Err(ApiError::plain(Code::GatewayUnavailable)),
            }
        } else {
            notice.clone()
        };
        if commit(app, &order, refund, report, |_| Ok(more())).await?.is_some() {
            return Ok(());
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// What its gateway says of a refund; nothing where a wallet paid, which has none.
async fn ask<W: World>(
    app: &App<'_, W>,
    order: &Order,
    refund: RefundId,
    operation: RefundOperation,
) -> Result<Option<RefundSaid>, ApiError> {
    let refund = order.refund(refund)?;
    let attempt = order.attempt(refund.attempt)?;
    let Method::External(gateway) = attempt.method else { return Ok(None) };
    let party = gateways::party(app, gateway)?;
    Ok(Some(ask_about_refund(app, party, operation, refund, attempt).await))
}

/// Takes in what a gateway has just answered about a refund of `order`, first on the order as it was read, and
/// after every lost race on how it is then.
///
/// # Errors
/// 503 when the database does not answer or the race is lost too often.
async fn take_in<W: World>(
    app: &App<'_, W>,
    mut order: Order,
    refund: RefundId,
    report: RefundReport,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Order, ApiError> {
    for tries in 0.. {
        store::before_try(app, tries).await?;
        if tries > 0 {
            order = load_of_refund(app, refund).await?.order;
        }
        if let Some(order) = commit(app, &order, refund, report.clone(), &more).await? {
            return Ok(order);
        }
    }
    Err(ApiError::plain(Code::Busy))
}

/// Decides and commits what was said of a refund of `order`, together with `more`, and gives the order as it is
/// then; `None` for a lost race.
async fn commit<W: World>(
    app: &App<'_, W>,
    order: &Order,
    refund: RefundId,
    report: RefundReport,
    more: impl Fn(&Order) -> Result<Vec<Statement>, ApiError>,
) -> Result<Option<Order>, ApiError> {
    let mut decision = order.report_refund(refund, report, &mut store::ids(app))?;
    let mut batch = Vec::new();
    if decision.is_no_op() && order.refund(refund)?.last_code.is_some() {
        batch.push(store::note_last_code(refund, None));
        note(&mut decision.order, refund, None);
    }
    batch.extend(more(&decision.order)?);
    match store::commit(app, &decision, batch).await {
        Ok(()) => {
            notifications::announce(app, &decision).await;
            Ok(Some(decision.order))
        }
        Err(CommitError::LostRace) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
