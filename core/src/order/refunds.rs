//! When may money go back, whose is it, and what follows?
//!
//! What is left to refund is what was captured less every refund that has not failed. Within a line, the
//! creators give back split(refunded so far) less what they have given, so that a refund of everything takes
//! back exactly what the sale gave, whatever went before it.

mod draft;

use crate::attempt::AttemptState;
use crate::dispute::{Dispute, DisputeState};
use crate::id::{AttemptId, IdSource, ProductId, RefundId, UserId};
use crate::ledger::rules::Source;
use crate::method::Method;
use crate::money::Money;
use crate::order::draft::Draft;
use crate::order::{Decision, Line, Order, OrderState, Refusal};
use crate::planted::{self, Bug};
use crate::refund::{
    Grounds, Purpose, REFUND_PATIENCE_MS, Refund, RefundNews, RefundReport, RefundState, RefundedLine,
    Stranded,
};

/// How many refunds an order may have: WeChat Pay takes fifty in parts (退款申请: 一笔订单最多支持50次部分退款).
pub const MAX_REFUNDS: usize = 50;

/// What is to be given back of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundWish {
    /// All that is left.
    Everything,
    /// What is left of the lines of these products.
    Lines(Vec<ProductId>),
    /// So much, in minor units, from every line in proportion to what is left of it.
    Amount(i64),
}

impl Order {
    /// Asks for a refund of what was paid. A sale from the wallet of `buyer` goes back there at once; any
    /// other is Requested, to be committed before its gateway is called.
    ///
    /// # Errors
    /// [`Refusal`] when the order is not paid, a line is not one of it, less is left than was asked for, or a line
    /// that it touches has a policy that its `grounds` do not meet.
    pub fn request_refund(
        &self,
        wish: &RefundWish,
        reason: String,
        grounds: Grounds,
        buyer: Option<&UserId>,
        ids: &mut IdSource,
    ) -> Result<(Decision, RefundId), Refusal> {
        let OrderState::Paid { attempt, at: paid_at } = self.state else {
            return Err(Refusal::NotPaid(self.state.status()));
        };
        self.require_undisputed(attempt)?;
        if self.refunds.len() >= MAX_REFUNDS {
            return Err(Refusal::TooManyRefunds);
        }
        let lines = self.share_out(wish)?;
        self.require_policies(&lines, &grounds, paid_at, ids.at())?;
        let mut total_minor = 0_i64;
        for line in &lines {
            total_minor = total_minor.saturating_add(line.amount_minor);
        }
        let amount = Money::new(total_minor, self.total.currency())?;
        let mut draft = Draft::of(self.clone(), ids);
        let refund = draft.request_refund(attempt, amount, Purpose::Sale(lines), reason, grounds, ids)?;
        if self.attempt(attempt)?.method == Method::Wallet {
            let user = buyer.ok_or_else(|| Refusal::Invariant("a wallet without an owner".to_owned()))?;
            let at = draft.decision.at;
            draft.refund_succeeded(refund, None, at, Source::Wallet(user.clone()), ids)?;
        }
        Ok((draft.decision, refund))
    }

    /// Sends surplus back once more, whose return has failed.
    ///
    /// # Errors
    /// [`Refusal`] when the attempt has no surplus, or when it is on its way back or there.
    pub fn return_surplus(
        &self,
        attempt: AttemptId,
        reason: String,
        ids: &mut IdSource,
    ) -> Result<(Decision, RefundId), Refusal> {
        let paid = self.attempt(attempt)?;
        let is_surplus = matches!(&paid.state, AttemptState::Paid(capture) if !capture.settled);
        let counting = |refund: &Refund| refund.attempt == attempt && refund.state.counts();
        if !is_surplus || self.refunds.iter().any(counting) {
            return Err(Refusal::NothingToRefund);
        }
        self.require_undisputed(attempt)?;
        if self.refunds.len() >= MAX_REFUNDS {
            return Err(Refusal::TooManyRefunds);
        }
        let mut draft = Draft::of(self.clone(), ids);
        let refund =
            draft.request_refund(attempt, paid.amount, Purpose::Surplus, reason, Grounds::default(), ids)?;
        Ok((draft.decision, refund))
    }

    /// Tells the platform, once, of a refund that has been on its way for [`REFUND_PATIENCE_MS`]. Of any other,
    /// a decision without events.
    ///
    /// # Errors
    /// [`Refusal::RefundUnknown`] for a refund of another order.
    pub fn tell_of_delay(&self, id: RefundId, ids: &mut IdSource) -> Result<Decision, Refusal> {
        let refund = self.refund(id)?;
        let is_on_its_way = matches!(refund.state, RefundState::Requested | RefundState::Pending);
        let is_late = ids.at().ms_since(refund.created_at) >= REFUND_PATIENCE_MS;
        let is_news = is_on_its_way && is_late && !refund.is_overdue;
        let mut draft = Draft::of(self.clone(), ids);
        if is_news {
            draft.refund_overdue(id, ids)?;
        }
        Ok(draft.decision)
    }

    /// Takes in what a gateway said about a refund. What is known already, or would go backwards, is a
    /// decision without events.
    ///
    /// # Errors
    /// [`Refusal::RefundUnknown`] for a refund of another order.
    pub fn report_refund(
        &self,
        id: RefundId,
        report: RefundReport,
        ids: &mut IdSource,
    ) -> Result<Decision, Refusal> {
        let refund = self.refund(id)?;
        let Method::External(gateway) = self.attempt(refund.attempt)?.method else {
            return Err(Refusal::Invariant("a gateway reported a refund to a wallet".to_owned()));
        };
        let source = Source::Gateway(gateway);
        let mut draft = Draft::of(self.clone(), ids);
        let RefundReport { gateway_no, news } = report;
        match (news, &refund.state) {
            (RefundNews::Pending, RefundState::Requested) => draft.refund_pending(id, gateway_no)?,
            (
                RefundNews::Done { at },
                RefundState::Requested
                | RefundState::Pending
                | RefundState::NeedsAttention { money: Stranded::Kept, .. },
            ) => draft.refund_succeeded(id, gateway_no, at, source, ids)?,
            (
                RefundNews::Failed { code },
                RefundState::Requested
                | RefundState::Pending
                | RefundState::NeedsAttention { money: Stranded::Kept, .. },
            ) => draft.refund_failed(id, gateway_no, code, ids)?,
            (RefundNews::Stuck { code }, RefundState::Requested | RefundState::Pending) => {
                draft.refund_stranded(id, gateway_no, code, Stranded::Kept, source, ids)?;
            }
            (RefundNews::Failed { code } | RefundNews::Stuck { code }, RefundState::Succeeded { .. }) => {
                draft.refund_stranded(id, gateway_no, code, Stranded::TakenBack, source, ids)?;
            }
            (RefundNews::Done { .. }, RefundState::Failed { code }) => {
                let code = code.clone();
                draft.refund_stranded(id, gateway_no, code, Stranded::PaidAfterFailure, source, ids)?;
            }
            // Known already, would go backwards, or on somebody's desk.
            (
                RefundNews::Pending,
                RefundState::Pending
                | RefundState::Succeeded { .. }
                | RefundState::Failed { .. }
                | RefundState::NeedsAttention { .. },
            )
            | (RefundNews::Done { .. }, RefundState::Succeeded { .. })
            | (RefundNews::Failed { .. } | RefundNews::Stuck { .. }, RefundState::Failed { .. })
            | (RefundNews::Stuck { .. }, RefundState::NeedsAttention { .. })
            | (
                RefundNews::Done { .. } | RefundNews::Failed { .. },
                RefundState::NeedsAttention {
                    money: Stranded::TakenBack | Stranded::PaidAfterFailure, ..
                },
            ) => {}
        }
        Ok(draft.decision)
    }

    /// The refund with this id.
    ///
    /// # Errors
    /// [`Refusal::RefundUnknown`] when it is not one of this order.
    pub fn refund(&self, id: RefundId) -> Result<&Refund, Refusal> {
        self.refunds.iter().find(|refund| refund.id == id).ok_or(Refusal::RefundUnknown(id))
    }

    /// How much of the sale the buyer has back, in minor units.
    #[must_use]
    pub fn refunded_minor(&self) -> i64 {
        let succeeded = |refund: &&Refund| matches!(refund.state, RefundState::Succeeded { .. });
        let of_sale = |refund: &&Refund| matches!(refund.purpose, Purpose::Sale(_));
        self.refunds
            .iter()
            .filter(succeeded)
            .filter(of_sale)
            .fold(0, |sum, refund| sum.saturating_add(refund.amount.minor()))
    }

    /// What of which line a wish takes.
    fn share_out(&self, wish: &RefundWish) -> Result<Vec<RefundedLine>, Refusal> {
        let left: Vec<i64> = self.lines.iter().map(|line| self.left_of(line)).collect();
        let all_left = left.iter().fold(0_i64, |sum, minor| sum.saturating_add(*minor));
        let takes: Vec<i64> = match wish {
            RefundWish::Everything => left,
            RefundWish::Lines(_) if planted::has(Bug::WholeOrderRefundedForLine) => left,
            RefundWish::Lines(products) => {
                self.require_lines(products)?;
                let wanted =
                    |(line, left): (&Line, i64)| if products.contains(&line.product) { left } else { 0 };
                self.lines.iter().zip(left).map(wanted).collect()
            }
            RefundWish::Amount(minor) if (1..=all_left).contains(minor) => {
                in_proportion(*minor, &left, all_left)
            }
            RefundWish::Amount(minor) => {
                return Err(Refusal::RefundTooLarge { left_minor: all_left, got_minor: *minor });
            }
        };
        if takes.iter().all(|minor| *minor == 0) {
            return Err(Refusal::NothingToRefund);
        }
        let taken = self.lines.iter().zip(takes).filter(|(_, minor)| *minor > 0);
        taken.map(|(line, amount_minor)| self.take_of(line, amount_minor)).collect()
    }

    fn require_undisputed(&self, attempt: AttemptId) -> Result<(), Refusal> {
        let open = |dispute: &&Dispute| dispute.attempt == attempt && dispute.state == DisputeState::Open;
        match self.disputes.iter().find(open) {
            Some(dispute) => Err(Refusal::DisputeOpen(dispute.id)),
            None => Ok(()),
        }
    }

    fn require_lines(&self, products: &[ProductId]) -> Result<(), Refusal> {
        if let Some(foreign) = products.iter().find(|id| !self.lines.iter().any(|line| line.product == **id))
        {
            return Err(Refusal::LineUnknown { product: foreign.clone() });
        }
        let given_back =
            |id: &&ProductId| self.lines.iter().any(|line| line.product == **id && self.left_of(line) == 0);
        match products.iter().find(given_back) {
            Some(_) => Err(Refusal::NothingToRefund),
            None => Ok(()),
        }
    }

    /// What a lost dispute of `amount` takes of each line: at most what is left.
    pub(super) fn take_at_most(&self, amount: Money) -> Result<Vec<RefundedLine>, Refusal> {
        let all_left = self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(self.left_of(line)));
        match amount.minor().min(all_left) {
            0 => Ok(Vec::new()),
            minor => self.share_out(&RefundWish::Amount(minor)),
        }
    }

    /// What of `line` is not on its way back, in minor units.
    fn left_of(&self, line: &Line) -> i64 {
        let taken = self.taken_of(line, RefundState::counts);
        taken.fold(line.net.minor(), |left, taken| left.saturating_sub(taken.amount_minor)).max(0)
    }

    /// What refunds in the states that `counts` names, and lost disputes, take of `line`.
    fn taken_of<'a>(
        &'a self,
        line: &'a Line,
        counts: fn(&RefundState) -> bool,
    ) -> impl Iterator<Item = &'a RefundedLine> {
        let refunds = self.refunds.iter().filter(move |refund| counts(&refund.state)).flat_map(Refund::lines);
        let lost = self.disputes.iter().flat_map(Dispute::lines);
        refunds.chain(lost).filter(|taken| taken.product == line.product)
    }

    /// A refund of `amount_minor` of `line`: what each share gives so that all refunds together have taken
    /// its part of all that was ever refunded of the line.
    fn take_of(&self, line: &Line, amount_minor: i64) -> Result<RefundedLine, Refusal> {
        let mut taken: Vec<&RefundedLine> = self.taken_of(line, RefundState::is_borne_by_the_sale).collect();
        if planted::has(Bug::RefundSplitByItself) {
            taken.clear();
        }
        let so_far = taken.iter().fold(amount_minor, |sum, taken| sum.saturating_add(taken.amount_minor));
        let so_far = Money::new(so_far, line.net.currency())?;
        let mut shares_minor = Vec::new();
        for (place, share) in line.shares.iter().enumerate() {
            let (owed, _) = so_far.split_by_bps(share.bps)?;
            let given = taken.iter().filter_map(|taken| taken.shares_minor.get(place));
            shares_minor.push(given.fold(owed.minor(), |rest, minor| rest.saturating_sub(*minor)));
        }
        Ok(RefundedLine { product: line.product.clone(), amount_minor, shares_minor })
    }

    /// The lines that are wholly with the buyer again.
    pub(super) fn given_back_lines(&self) -> Vec<ProductId> {
        let has_succeeded = |state: &RefundState| matches!(state, RefundState::Succeeded { .. });
        let back = |line: &&Line| {
            let taken = self.taken_of(line, has_succeeded);
            taken.fold(0_i64, |sum, taken| sum.saturating_add(taken.amount_minor)) >= line.net.minor()
        };
        self.lines.iter().filter(back).map(|line| line.product.clone()).collect()
    }
}

/// Shares `minor` out over lines with so much `left`, `all_left` together: each its proportion rounded down,
/// and the units that remain to the first lines that have room.
fn in_proportion(minor: i64, left: &[i64], all_left: i64) -> Vec<i64> {
    let part = |of: &i64| {
        let exact = i128::from(minor).saturating_mul(i128::from(*of)).checked_div(i128::from(all_left));
        // At most what is left of the line, so it fits.
        exact.and_then(|exact| i64::try_from(exact).ok()).unwrap_or(0)
    };
    let mut takes: Vec<i64> = left.iter().map(part).collect();
    let mut rest = takes.iter().fold(minor, |rest, take| rest.saturating_sub(*take));
    for (take, left) in takes.iter_mut().zip(left) {
        let more = rest.min(left.saturating_sub(*take));
        *take = take.saturating_add(more);
        rest = rest.saturating_sub(more);
    }
    takes
}
