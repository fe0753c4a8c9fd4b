//! What does a gateway have at hand while it works on one call?

use crate::cashier;
use crate::courier::{Courier, Draft, Notice, Twist};
use crate::faults::{Fault, Faults, Scope};
use crate::log::RequestLog;
use crate::random::Random;

/// The time of a call on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Judges and makes signatures and their timestamps.
    pub(crate) real_ms: i64,
    /// Everything else: expiry, retries, dates in answers and statements.
    pub(crate) business_ms: i64,
}

/// All that is shared between the gateways.
pub(crate) struct Desk<'a> {
    pub(crate) now: Moment,
    /// How others reach the sandbox; no slash at its end.
    pub(crate) base_url: &'a str,
    pub(crate) random: &'a mut Random,
    pub(crate) faults: &'a mut Faults,
    pub(crate) courier: &'a mut Courier,
    pub(crate) log: &'a mut RequestLog,
}

/// How late a delayed callback comes when its rule names no time.
const DELAY_MS: i64 = 10 * 60 * 1000;

impl Desk<'_> {
    /// The address of a payment's cashier page: what a QR code contains.
    pub(crate) fn cashier_url(&self, token: &str) -> String {
        format!("{}{}{token}", self.base_url, cashier::PATH)
    }

    /// Whether `fault` strikes within `scope`; its rule's time in milliseconds, if it names one.
    pub(crate) fn strikes(&mut self, fault: Fault, scope: Scope<'_>) -> Option<Option<i64>> {
        self.faults.strike(fault, scope, self.random)
    }

    /// The real clock as this gateway sees it: skewed if a fault says so.
    pub(crate) fn real_ms(&mut self, scope: Scope<'_>) -> i64 {
        let skew_ms = self.strikes(Fault::ClockSkew, scope).flatten().unwrap_or_default();
        self.now.real_ms.saturating_add(skew_ms)
    }

    /// Hands a callback to the courier, due at once, with whatever befalls it.
    pub(crate) fn send(&mut self, draft: Draft, scope: Scope<'_>) {
        let now_ms = self.now.business_ms;
        if self.strikes(Fault::CallbackForged, scope).is_some() {
            self.courier.post(Notice::new(draft.clone(), now_ms).once().twisted(Twist::Forged));
        }
        let twists = [
            (Fault::CallbackWrongAmount, Twist::WrongAmount),
            (Fault::CallbackForAnotherMerchant, Twist::OtherMerchant),
            (Fault::CallbackStale, Twist::Stale),
        ];
        let mut notice = Notice::new(draft, now_ms);
        for (fault, twist) in twists {
            if self.strikes(fault, scope).is_some() {
                notice = notice.twisted(twist);
            }
        }
        if let Some(by_ms) = self.strikes(Fault::CallbackDelayed, scope) {
            notice = notice.delayed(by_ms.unwrap_or(DELAY_MS));
        }
        if self.strikes(Fault::CallbackLost, scope).is_some() {
            notice = notice.lost();
        }
        // One waits until another has gone ahead; two that wait for each other would go in their old order.
        let holds_one = self.courier.holds_one_for(&notice.merchant);
        if !holds_one && self.strikes(Fault::CallbackReordered, scope).is_some() {
            notice = notice.held();
        }
        if self.strikes(Fault::CallbackDuplicated, scope).is_some() {
            self.courier.post(notice.clone().once());
        }
        self.courier.post(notice);
    }
}
