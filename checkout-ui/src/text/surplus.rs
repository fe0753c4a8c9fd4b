//! What do we say of money that came and could not settle the order?

use coursepay_core::api::{OrderStatus, OrderView, SurplusFate, SurplusView};
use coursepay_core::money::Money;

use super::{Lang, Text, money};

impl Lang {
    /// A sentence about `piece`, which came for `order`; none for an amount that is none.
    #[must_use]
    pub fn surplus(self, order: &OrderView, piece: &SurplusView) -> Option<String> {
        let amount = Money::new(piece.amount_minor, order.currency).ok()?;
        let what = match order.status {
            OrderStatus::Paid => Text::PaidTwice,
            OrderStatus::AwaitingPayment | OrderStatus::Expired | OrderStatus::Cancelled => Text::PaidInVain,
        };
        let fate = match piece.fate {
            SurplusFate::Returning => Text::SurplusReturning,
            SurplusFate::Returned => Text::SurplusReturned,
            SurplusFate::NeedsAttention => Text::SurplusStuck,
            SurplusFate::Disputed => Text::SurplusDisputed,
            SurplusFate::Lost => Text::SurplusTakenBack,
        };
        Some([self.say(what), &money(amount), self.say(fate)].concat())
    }
}
