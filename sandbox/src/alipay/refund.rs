//! What may be given back of a trade, and how does a refund go on?
//!
//! A refund has a number of its own, `out_request_no`, under which it happens once. Left out, the trade's
//! own number stands for it and the whole amount must be meant. All refunds that have not failed count
//! against the total, those still on their way too.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::amount::{fee_fen, parse_yuan};
use super::errors::Fault;
use super::fields::{optional, required};
use super::trade::{Life, Trade};
use crate::faults::RefundFault;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long after its payment a trade can be refunded; then it is finished. Contracts differ: twelve months
/// is the usual term.
const REFUND_WINDOW_MS: i64 = 365 * DAY_MS;

/// A refund that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) number: String,
    pub(crate) fen: i64,
    pub(crate) reason: Option<String>,
    pub(crate) requested_at_ms: i64,
    pub(crate) progress: Progress,
    /// Whether a cancel gave the money back, not a refund.
    pub(crate) by_cancel: bool,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Progress {
    Pending { until_ms: i64, succeeds: bool },
    Success { at_ms: i64 },
    Failed { at_ms: i64 },
}

impl Progress {
    /// How a refund accepted now goes on: it is done at once unless a fault says otherwise.
    pub(crate) fn starting(fault: Option<RefundFault>, now_ms: i64) -> Self {
        match fault {
            Some(RefundFault::Pending { for_ms }) => {
                Self::Pending { until_ms: now_ms.saturating_add(for_ms), succeeds: true }
            }
            Some(RefundFault::FailedLate { after_ms }) => {
                Self::Pending { until_ms: now_ms.saturating_add(after_ms), succeeds: false }
            }
            // Alipay knows no refund that is stuck.
            Some(RefundFault::Abnormal) | None => Self::Success { at_ms: now_ms },
        }
    }

    /// The word for it. Only the first is the gateway's; it is silent about the other two.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Success { .. } => "REFUND_SUCCESS",
            Self::Pending { .. } => "REFUND_PENDING",
            Self::Failed { .. } => "REFUND_FAILED",
        }
    }

    pub(crate) fn done_at_ms(self) -> Option<i64> {
        match self {
            Self::Success { at_ms } => Some(at_ms),
            _ => None,
        }
    }
}

/// What a call of alipay.trade.refund asks for.
#[derive(Debug)]
pub(crate) struct RefundOrder {
    /// `None`: the trade's own number.
    number: Option<String>,
    fen: i64,
    reason: Option<String>,
}

impl RefundOrder {
    pub(crate) fn read(fields: &Map<String, Value>) -> Result<Self, Fault> {
        let amount = required(fields, "refund_amount", 12)?;
        let fen = parse_yuan(&amount).filter(|fen| *fen > 0).ok_or_else(|| {
            Fault::Parameter(format!("refund_amount: expected yuan from 0.01, two decimals, got {amount:?}"))
        })?;
        Ok(Self {
            number: optional(fields, "out_request_no", 64)?,
            fen,
            reason: optional(fields, "refund_reason", 256)?,
        })
    }
}

/// What becomes of a refund that was asked for.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// A new one; it is to be added.
    New(Refund),
    /// It was asked for before, with the same amount: nothing further moves.
    Repeat,
}

/// What business time has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening {
    /// This refund has reached the buyer.
    Refunded(Refund),
    /// This refund has failed; nobody is told.
    RefundFailed,
    /// The window for refunds is over.
    Finished { at_ms: i64 },
}

impl Trade {
    /// All that was given back or is on its way.
    pub(crate) fn refunded_fen(&self) -> i64 {
        let standing = |refund: &&Refund| !matches!(refund.progress, Progress::Failed { .. });
        self.refunds.iter().filter(standing).fold(0, |sum, refund| sum.saturating_add(refund.fen))
    }

    /// What the merchant has of this trade, after the fee.
    pub(crate) fn earned_fen(&self) -> i64 {
        if self.life.paid_at_ms().is_none() {
            return 0;
        }
        let total_fen = self.contents.total_fen;
        total_fen.saturating_sub(fee_fen(total_fen)).saturating_sub(self.refunded_fen())
    }

    pub(crate) fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// Whether a refund may be made, or was. A number whose refund failed may be tried again.
    pub(crate) fn accept_refund(&self, order: RefundOrder, now_ms: i64) -> Result<Accepted, Fault> {
        let number = order.number.clone().unwrap_or_else(|| self.out_trade_no.clone());
        let known = self.refund(&number).filter(|known| !matches!(known.progress, Progress::Failed { .. }));
        match known {
            Some(known) if known.fen != order.fen => return Err(Fault::OtherRefundAmount),
            Some(_) => return Ok(Accepted::Repeat),
            None => {}
        }
        match &self.life {
            Life::TradeSuccess { .. } => {}
            Life::TradeFinished { .. } => return Err(Fault::Finished),
            Life::NotOpened => return Err(Fault::NoSuchTrade),
            Life::WaitBuyerPay { .. } | Life::TradeClosed { .. } => {
                return Err(Fault::TradeStatus { expected: "TRADE_SUCCESS", found: self.life.status() });
            }
        }
        if order.number.is_none() && order.fen != self.contents.total_fen {
            return Err(Fault::NotTheTotal);
        }
        let refunded_fen = self.refunded_fen().saturating_add(order.fen);
        if refunded_fen > self.contents.total_fen {
            return Err(Fault::MoreThanPaid);
        }
        Ok(Accepted::New(Refund {
            number,
            fen: order.fen,
            reason: order.reason,
            requested_at_ms: now_ms,
            progress: Progress::Success { at_ms: now_ms },
            by_cancel: false,
        }))
    }

    /// Takes a refund in; once all is given back the trade is closed.
    pub(crate) fn add_refund(&mut self, refund: Refund) {
        let done_at_ms = refund.progress.done_at_ms();
        self.refunds.retain(|other| other.number != refund.number);
        self.refunds.push(refund);
        if let Some(at_ms) = done_at_ms {
            self.close_if_given_back(at_ms);
        }
    }

    /// All that has reached the buyer.
    pub(crate) fn given_back_fen(&self) -> i64 {
        let done = self.refunds.iter().filter(|refund| refund.progress.done_at_ms().is_some());
        done.fold(0, |sum, refund| sum.saturating_add(refund.fen))
    }

    fn close_if_given_back(&mut self, now_ms: i64) {
        if let Life::TradeSuccess { opened, paid_at_ms } = &self.life
            && self.given_back_fen() >= self.contents.total_fen
        {
            self.life = Life::TradeClosed {
                opened: opened.clone(),
                closed_at_ms: now_ms,
                paid_at_ms: Some(*paid_at_ms),
            };
        }
    }

    /// Business time at which something happens to this trade by itself: a refund is done or fails, or
    /// the window for refunds is over.
    pub(crate) fn due_ms(&self) -> Option<i64> {
        let pending = self.refunds.iter().filter_map(|refund| match refund.progress {
            Progress::Pending { until_ms, .. } => Some(until_ms),
            _ => None,
        });
        pending.min().or_else(|| match &self.life {
            Life::TradeSuccess { paid_at_ms, .. } => Some(paid_at_ms.saturating_add(REFUND_WINDOW_MS)),
            _ => None,
        })
    }

    /// Lets the next thing happen that is due; `None` when nothing is.
    pub(crate) fn settle_next(&mut self, now_ms: i64) -> Option<Happening> {
        let due_ms = self.due_ms().filter(|due_ms| *due_ms <= now_ms)?;
        let pending = self.refunds.iter_mut().find_map(|refund| match refund.progress {
            Progress::Pending { until_ms, succeeds } if until_ms == due_ms => Some((refund, succeeds)),
            _ => None,
        });
        if let Some((refund, succeeds)) = pending {
            if !succeeds {
                refund.progress = Progress::Failed { at_ms: due_ms };
                return Some(Happening::RefundFailed);
            }
            refund.progress = Progress::Success { at_ms: due_ms };
            let refund = refund.clone();
            self.close_if_given_back(due_ms);
            return Some(Happening::Refunded(refund));
        }
        if let Life::TradeSuccess { opened, paid_at_ms } = &self.life {
            self.life = Life::TradeFinished { opened: opened.clone(), paid_at_ms: *paid_at_ms };
        }
        Some(Happening::Finished { at_ms: due_ms })
    }
}
