//! May this be refunded by the policy it was sold under?
//!
//! A policy is the seller's word, frozen into the line when it was ordered. It has to hold for every line that a
//! refund touches, or nothing is refunded: an amount is shared out over all lines that have something left, so
//! whoever wants one line's money alone names the line. Surplus was never a sale, and no policy is asked about it.

use crate::api::RefundPolicy;
use crate::id::ProductId;
use crate::order::{Line, Order, Refusal};
use crate::refund::{Grounds, RefundedLine, Usage};
use crate::time::Timestamp;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl Order {
    /// The policies of the lines that are `taken`, the window before the use; set aside by whoever overrides them.
    pub(super) fn require_policies(
        &self,
        taken: &[RefundedLine],
        grounds: &Grounds,
        paid_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let is_foreign = |usage: &&Usage| !self.lines.iter().any(|line| line.product == usage.product);
        if let Some(foreign) = grounds.usage.iter().find(is_foreign) {
            return Err(Refusal::UsageUnknown { product: foreign.product.clone() });
        }
        if grounds.policy_override.is_some() {
            return Ok(());
        }
        let is_taken = |line: &&Line| taken.iter().any(|taken| taken.product == line.product);
        for line in self.lines.iter().filter(is_taken) {
            let Some(policy) = line.refund_policy else { continue };
            let product = &line.product;
            require_window(policy, product, paid_at, now)?;
            let used = grounds.usage.iter().find(|usage| usage.product == *product);
            require_use(policy, product, used.map(|usage| usage.used_bps))?;
        }
        Ok(())
    }
}

fn require_window(
    policy: RefundPolicy,
    product: &ProductId,
    paid_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(days) = policy.window_days else { return Ok(()) };
    let ended_at = paid_at.plus_ms(i64::from(days).saturating_mul(DAY_MS));
    if now < ended_at {
        return Ok(());
    }
    Err(Refusal::RefundWindowOver { product: product.clone(), ended_at_ms: ended_at.ms() })
}

fn require_use(policy: RefundPolicy, product: &ProductId, used_bps: Option<u32>) -> Result<(), Refusal> {
    match (policy.max_used_bps, used_bps) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Refusal::UsageMissing { product: product.clone() }),
        (Some(max_bps), Some(got_bps)) if got_bps <= max_bps => Ok(()),
        (Some(max_bps), Some(got_bps)) => {
            Err(Refusal::TooMuchUsed { product: product.clone(), max_bps, got_bps })
        }
    }
}
