//! What is a trade, what may happen to it, and what follows?
//!
//! A payment request is not yet a trade: as with the real gateway, nothing exists until the buyer opens
//! the cashier. Then it waits for its buyer, is paid, or is closed, by the merchant or by its deadline.
//! All times are business time.

use serde::{Deserialize, Serialize};

use super::creation::Contents;
use super::errors::Fault;
use super::refund::Refund;
use crate::cashier::NotPayable;
use crate::clock::shanghai_format;
use crate::random::Random;

/// A payment request and, once the buyer has opened the cashier, the trade it became.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trade {
    /// The secret part of the cashier's address.
    pub(crate) token: String,
    pub(crate) app_id: String,
    pub(crate) seller_id: String,
    pub(crate) out_trade_no: String,
    pub(crate) contents: Contents,
    pub(crate) notify_url: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) quit_url: Option<String>,
    pub(crate) requested_at_ms: i64,
    pub(crate) expires_at_ms: i64,
    pub(crate) life: Life,
    /// In the order they were accepted.
    #[serde(default)]
    pub(crate) refunds: Vec<Refund>,
}

/// Where a trade stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Life {
    /// Asked for; nobody has opened the cashier.
    NotOpened,
    WaitBuyerPay {
        opened: Opened,
        declined_at_ms: Option<i64>,
    },
    TradeSuccess {
        opened: Opened,
        paid_at_ms: i64,
    },
    /// Paid, and no longer refundable.
    TradeFinished {
        opened: Opened,
        paid_at_ms: i64,
    },
    TradeClosed {
        opened: Opened,
        closed_at_ms: i64,
        /// Set when it was paid and all was given back.
        #[serde(default)]
        paid_at_ms: Option<i64>,
    },
}

/// What comes into being when the buyer opens the cashier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) trade_no: String,
    pub(crate) opened_at_ms: i64,
    pub(crate) buyer_open_id: String,
    pub(crate) buyer_logon_id: String,
}

impl Opened {
    /// Ids in the shape of real ones: 28 digits starting with the day; an open id per application.
    fn now(now_ms: i64, random: &mut Random) -> Self {
        Self {
            trade_no: format!("{}22001{}", shanghai_format(now_ms, "%Y%m%d"), random.digits(15)),
            opened_at_ms: now_ms,
            buyer_open_id: format!("0{}", random.token()),
            buyer_logon_id: format!("{}***@sandbox.example", random.digits(3)),
        }
    }
}

impl Life {
    /// The word for it; `NOT_OPENED` is the sandbox's own, the gateway says ACQ.TRADE_NOT_EXIST then.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::NotOpened => "NOT_OPENED",
            Self::WaitBuyerPay { .. } => "WAIT_BUYER_PAY",
            Self::TradeSuccess { .. } => "TRADE_SUCCESS",
            Self::TradeFinished { .. } => "TRADE_FINISHED",
            Self::TradeClosed { .. } => "TRADE_CLOSED",
        }
    }

    pub(crate) fn opened(&self) -> Option<&Opened> {
        match self {
            Self::NotOpened => None,
            Self::WaitBuyerPay { opened, .. }
            | Self::TradeSuccess { opened, .. }
            | Self::TradeFinished { opened, .. }
            | Self::TradeClosed { opened, .. } => Some(opened),
        }
    }

    /// When it was paid, whatever has become of it since.
    pub(crate) fn paid_at_ms(&self) -> Option<i64> {
        match self {
            Self::NotOpened | Self::WaitBuyerPay { .. } => None,
            Self::TradeSuccess { paid_at_ms, .. } | Self::TradeFinished { paid_at_ms, .. } => {
                Some(*paid_at_ms)
            }
            Self::TradeClosed { paid_at_ms, .. } => *paid_at_ms,
        }
    }
}

impl Trade {
    /// Whether the deadline is over.
    pub(crate) fn is_past(&self, now_ms: i64) -> bool {
        now_ms >= self.expires_at_ms
    }

    /// Closes a trade whose deadline is over. Comes first in everything that looks at a trade.
    /// Answers whether something changed.
    pub(crate) fn settle_expiry(&mut self, now_ms: i64) -> bool {
        match &self.life {
            Life::WaitBuyerPay { opened, .. } if self.is_past(now_ms) => {
                self.life = Life::TradeClosed {
                    opened: opened.clone(),
                    closed_at_ms: self.expires_at_ms,
                    paid_at_ms: None,
                };
                true
            }
            _ => false,
        }
    }

    /// The buyer opens the cashier. Only the first time does something happen, and only before the deadline.
    pub(crate) fn open(&mut self, now_ms: i64, random: &mut Random) -> bool {
        let opens = self.life == Life::NotOpened && !self.is_past(now_ms);
        if opens {
            self.life = Life::WaitBuyerPay { opened: Opened::now(now_ms, random), declined_at_ms: None };
        }
        opens
    }

    /// The trade that is waiting to be paid, or why there is none.
    fn waiting(&self) -> Result<&Opened, NotPayable> {
        match &self.life {
            Life::WaitBuyerPay { opened, .. } => Ok(opened),
            life if life.paid_at_ms().is_some() => Err(NotPayable::AlreadyPaid),
            Life::TradeClosed { closed_at_ms, .. } if *closed_at_ms < self.expires_at_ms => {
                Err(NotPayable::Closed)
            }
            _ => Err(NotPayable::Expired),
        }
    }

    /// The buyer pays.
    pub(crate) fn pay(&mut self, now_ms: i64) -> Result<(), NotPayable> {
        self.life = Life::TradeSuccess { opened: self.waiting()?.clone(), paid_at_ms: now_ms };
        Ok(())
    }

    /// The fault of a payment that was under way while the merchant closed its trade: the trade is paid all
    /// the same.
    pub(crate) fn pay_closed(&mut self, now_ms: i64) {
        if let Life::TradeClosed { opened, paid_at_ms: None, .. } = &self.life {
            self.life = Life::TradeSuccess { opened: opened.clone(), paid_at_ms: now_ms };
        }
    }

    /// The buyer's payment is declined. The trade stays open, and the merchant hears nothing.
    pub(crate) fn decline(&mut self, now_ms: i64) -> Result<(), NotPayable> {
        self.life = Life::WaitBuyerPay { opened: self.waiting()?.clone(), declined_at_ms: Some(now_ms) };
        Ok(())
    }

    /// The merchant closes the trade: only while it waits for its buyer. What does not exist yet cannot be
    /// closed, and its link goes on working until its deadline.
    pub(crate) fn close(&mut self, now_ms: i64) -> Result<Opened, Fault> {
        match &self.life {
            Life::WaitBuyerPay { opened, .. } => {
                let opened = opened.clone();
                self.life =
                    Life::TradeClosed { opened: opened.clone(), closed_at_ms: now_ms, paid_at_ms: None };
                Ok(opened)
            }
            Life::NotOpened => Err(Fault::NoSuchTrade),
            life => Err(Fault::TradeStatus { expected: "WAIT_BUYER_PAY", found: life.status() }),
        }
    }
}
