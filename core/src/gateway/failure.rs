//! Why was a payment not made, in words that are the same for all gateways?
//!
//! Gateways have hundreds of codes, and new ones every year. A learner can do one of few things: pay from
//! something else, ask their bank, or try again; so a code is one of few reasons, and one that nobody knows yet is
//! the plainest of them. The code itself stays in the order's history.

use crate::api::FailureReason;

/// Codes for too little money: Stripe's decline codes (docs.stripe.com/declines/codes), Alipay's 收单 error codes
/// (opendocs.alipay.com, alipay.trade.*), WeChat Pay's error codes (pay.weixin.qq.com, 错误码).
const TOO_LITTLE: &[&str] = &[
    "insufficient_funds",
    "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
    "NOT_ENOUGH",
    "NOTENOUGH",
];

/// Codes for a buyer who would not, from the same lists.
const GIVEN_UP: &[&str] = &["payment_method_customer_decline", "canceled"];

/// Codes for a buyer who took too long, from the same lists.
const TOO_SLOW: &[&str] = &["payment_intent_payment_attempt_expired", "payment_method_provider_timeout"];

/// Codes with which a creation is refused for the buyer's sake, from the same lists: their bank, or the gateway
/// for it, does not let them pay.
const NOT_FOR_THIS_BUYER: &[&str] = &[
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
    "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
    "ACQ.BUYER_ENABLE_STATUS_FORBID",
    "ACQ.ERROR_BUYER_CERTIFY_LEVEL_LIMIT",
    "ACQ.PAYMENT_REQUEST_HAS_RISK",
];

/// The reason when the gateway did not let the payment begin.
#[must_use]
pub fn of_refusal(code: &str) -> FailureReason {
    match known(code) {
        Some(reason) => reason,
        None if NOT_FOR_THIS_BUYER.contains(&code) => FailureReason::Declined,
        None => FailureReason::Refused,
    }
}

/// The reason when the buyer's try was turned down: by their bank, where the code says nothing else.
#[must_use]
pub fn of_decline(code: &str) -> FailureReason {
    known(code).unwrap_or(FailureReason::Declined)
}

fn known(code: &str) -> Option<FailureReason> {
    let is_in = |codes: &[&str]| codes.contains(&code);
    if is_in(TOO_LITTLE) {
        Some(FailureReason::InsufficientBalance)
    } else if is_in(GIVEN_UP) {
        Some(FailureReason::Cancelled)
    } else if is_in(TOO_SLOW) {
        Some(FailureReason::TimedOut)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use FailureReason::{Cancelled, Declined, InsufficientBalance, Refused, TimedOut};

    use super::*;

    #[test]
    fn every_code_is_one_of_few_reasons() {
        for (code, refused, declined) in [
            ("insufficient_funds", InsufficientBalance, InsufficientBalance),
            ("ACQ.BUYER_BALANCE_NOT_ENOUGH", InsufficientBalance, InsufficientBalance),
            ("NOTENOUGH", InsufficientBalance, InsufficientBalance),
            ("payment_method_customer_decline", Cancelled, Cancelled),
            ("payment_intent_payment_attempt_expired", TimedOut, TimedOut),
            ("ACQ.PAYMENT_REQUEST_HAS_RISK", Declined, Declined),
            ("generic_decline", Refused, Declined),
            ("do_not_honor", Refused, Declined),
            ("ACQ.INVALID_PARAMETER", Refused, Declined),
            ("", Refused, Declined),
        ] {
            assert_eq!((of_refusal(code), of_decline(code)), (refused, declined), "{code}");
        }
    }
}
