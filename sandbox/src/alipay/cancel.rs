//! What does a cancel do to a trade? (the way out of a call whose outcome is not known)

use super::errors::Fault;
use super::refund::{Progress, Refund};
use super::trade::{Life, Trade};

/// How long after its payment a trade can be cancelled.
const CANCEL_WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

/// What a cancel has set off, now or when it was asked for before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It was unpaid and is closed.
    Close,
    /// It was paid and all is given back. Whether this very call did it.
    Refund { now: bool },
    /// There is no trade; the request behind it stays what it is, and a QR code goes on working.
    Nothing,
}

impl Action {
    /// As in the answer, where nothing stands for nothing.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Close => Some("close"),
            Self::Refund { .. } => Some("refund"),
            Self::Nothing => None,
        }
    }
}

impl Trade {
    /// Cancels: closes what is unpaid, gives back what is paid. The refund bears the trade's own number.
    pub(crate) fn cancel(&mut self, now_ms: i64) -> Result<Action, Fault> {
        match &self.life {
            Life::NotOpened => Ok(Action::Nothing),
            Life::WaitBuyerPay { .. } => self.close(now_ms).map(|_| Action::Close),
            Life::TradeClosed { paid_at_ms: None, .. } => Ok(Action::Close),
            Life::TradeFinished { .. } => Err(Fault::Finished),
            _ if self.refunds.iter().any(|refund| refund.by_cancel) => Ok(Action::Refund { now: false }),
            _ if self.refunded_fen() > 0 => Err(Fault::MoreThanPaid),
            Life::TradeSuccess { paid_at_ms, .. }
                if now_ms.saturating_sub(*paid_at_ms) > CANCEL_WINDOW_MS =>
            {
                Err(Fault::CancelTooLate)
            }
            Life::TradeSuccess { .. } | Life::TradeClosed { .. } => {
                self.add_refund(Refund {
                    number: self.out_trade_no.clone(),
                    fen: self.contents.total_fen,
                    reason: None,
                    requested_at_ms: now_ms,
                    progress: Progress::Success { at_ms: now_ms },
                    by_cancel: true,
                });
                Ok(Action::Refund { now: true })
            }
        }
    }
}
