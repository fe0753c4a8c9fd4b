//! What is to go wrong, where, and how often?
//!
//! A rule names a fault and the calls or callbacks it strikes: of one payment, one merchant, one gateway,
//! one operation, or a share of all. Whoever carries out a step asks whether a fault strikes there; a rule
//! that may strike a number of times only is used up by it.

use serde::{Deserialize, Serialize};

use crate::Gateway;
use crate::random::Random;
use crate::world::Record;

/// Something that goes wrong on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    CallbackDuplicated,
    CallbackDelayed,
    CallbackReordered,
    CallbackLost,
    CallbackForged,
    CallbackWrongAmount,
    CallbackForAnotherMerchant,
    CallbackStale,
    PayAfterClose,
    PaidByTwoChannels,
    TimeoutBeforeEffect,
    TimeoutAfterEffect,
    ServerError,
    SystemError,
    RateLimited,
    RefundPending,
    RefundAbnormal,
    RefundFailedLate,
    BillMissingLine,
    BillExtraLine,
    BillAlteredLine,
    ClockSkew,
}

impl Fault {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 22] = [
        Self::CallbackDuplicated,
        Self::CallbackDelayed,
        Self::CallbackReordered,
        Self::CallbackLost,
        Self::CallbackForged,
        Self::CallbackWrongAmount,
        Self::CallbackForAnotherMerchant,
        Self::CallbackStale,
        Self::PayAfterClose,
        Self::PaidByTwoChannels,
        Self::TimeoutBeforeEffect,
        Self::TimeoutAfterEffect,
        Self::ServerError,
        Self::SystemError,
        Self::RateLimited,
        Self::RefundPending,
        Self::RefundAbnormal,
        Self::RefundFailedLate,
        Self::BillMissingLine,
        Self::BillExtraLine,
        Self::BillAlteredLine,
        Self::ClockSkew,
    ];

    /// As in `/sandbox/faults`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CallbackDuplicated => "callback_duplicated",
            Self::CallbackDelayed => "callback_delayed",
            Self::CallbackReordered => "callback_reordered",
            Self::CallbackLost => "callback_lost",
            Self::CallbackForged => "callback_forged",
            Self::CallbackWrongAmount => "callback_wrong_amount",
            Self::CallbackForAnotherMerchant => "callback_for_another_merchant",
            Self::CallbackStale => "callback_stale",
            Self::PayAfterClose => "pay_after_close",
            Self::PaidByTwoChannels => "paid_by_two_channels",
            Self::TimeoutBeforeEffect => "timeout_before_effect",
            Self::TimeoutAfterEffect => "timeout_after_effect",
            Self::ServerError => "server_error",
            Self::SystemError => "system_error",
            Self::RateLimited => "rate_limited",
            Self::RefundPending => "refund_pending",
            Self::RefundAbnormal => "refund_abnormal",
            Self::RefundFailedLate => "refund_failed_late",
            Self::BillMissingLine => "bill_missing_line",
            Self::BillExtraLine => "bill_extra_line",
            Self::BillAlteredLine => "bill_altered_line",
            Self::ClockSkew => "clock_skew",
        }
    }

    /// What `by_ms` means for this fault, if anything.
    pub(crate) fn takes_time(self) -> bool {
        matches!(
            self,
            Self::CallbackDelayed
                | Self::TimeoutBeforeEffect
                | Self::TimeoutAfterEffect
                | Self::RefundPending
                | Self::RefundFailedLate
                | Self::ClockSkew
        )
    }
}

/// What a merchant asks a gateway to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Create,
    Query,
    Close,
    Cancel,
    Refund,
    RefundQuery,
    Transfer,
    TransferQuery,
    Bill,
    /// Everything else, and what nobody asked for: a buyer paying, a callback going out.
    Other,
}

/// Where in the world something is about to happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) gateway: Gateway,
    /// [`Merchant::id`](crate::Merchant::id).
    pub(crate) merchant: &'a str,
    /// The merchant's number of the payment, when there is one.
    pub(crate) number: &'a str,
    pub(crate) operation: Operation,
}

/// One rule, as given and as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) fault: Fault,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) merchant: Option<String>,
    /// The merchant's number of one payment.
    pub(crate) number: Option<String>,
    pub(crate) operation: Option<Operation>,
    /// How many of a hundred it strikes.
    pub(crate) percent: u8,
    /// How often it may still strike; `None`: without end.
    pub(crate) times: Option<u32>,
    /// How late, how long, how far off, depending on the fault; `None`: what is usual.
    pub(crate) by_ms: Option<i64>,
    /// How often it has struck.
    pub(crate) struck: u32,
}

/// The body of `POST /sandbox/faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    fault: Fault,
    gateway: Option<Gateway>,
    merchant: Option<String>,
    number: Option<String>,
    operation: Option<Operation>,
    percent: Option<u8>,
    times: Option<u32>,
    by_ms: Option<i64>,
}

impl NewRule {
    /// What is wrong with it, in words.
    fn mistake(&self) -> Option<String> {
        let unknown_to_alipay = self.gateway == Some(Gateway::Alipay) && self.fault == Fault::RefundAbnormal;
        if self.percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
            Some("percent: expected 1 to 100".to_owned())
        } else if self.times == Some(0) {
            Some("times: expected at least 1".to_owned())
        } else if self.by_ms.is_some() && !self.fault.takes_time() {
            Some(format!("by_ms: {} takes no time", self.fault.name()))
        } else if self.by_ms.is_some_and(|by_ms| by_ms < 0) && self.fault != Fault::ClockSkew {
            Some("by_ms: expected 0 or more".to_owned())
        } else if self.by_ms.is_some_and(|by_ms| by_ms.unsigned_abs() > LONGEST_MS) {
            Some("by_ms: expected a year at most".to_owned())
        } else if self.by_ms.is_none() && self.fault == Fault::ClockSkew {
            Some("by_ms: clock_skew needs the milliseconds to be off by".to_owned())
        } else if unknown_to_alipay {
            Some("refund_abnormal: Alipay has no such state".to_owned())
        } else {
            None
        }
    }
}

const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1000;

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallFault {
    /// Nothing is done and nothing answered, for so long.
    TimeoutBeforeEffect {
        hold_ms: u64,
    },
    /// All is done and nothing answered, for so long.
    TimeoutAfterEffect {
        hold_ms: u64,
    },
    /// A 502 from somewhere before the gateway.
    ServerError,
    /// The gateway's own "system error": nothing is done.
    SystemError,
    RateLimited,
}

/// What befalls a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundFault {
    /// Accepted; done after so long.
    Pending { for_ms: i64 },
    /// Stuck: the buyer's account takes no money.
    Abnormal,
    /// Accepted; fails after so long.
    FailedLate { after_ms: i64 },
}

/// What befalls a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BillFault {
    /// A line is not there.
    Missing,
    /// A line is there that stands for nothing.
    Extra,
    /// A line says another amount.
    Altered,
}

/// A refund that is not done at once takes so long when its rule does not say.
const REFUND_MS: i64 = 60 * 60 * 1000;

/// The rules in force.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    last_id: u64,
    #[serde(skip)]
    changed: bool,
}

const PATH: &str = "faults.json";

impl Faults {
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// In words, when it makes no sense.
    pub(crate) fn add(&mut self, new: NewRule) -> Result<Rule, String> {
        if let Some(mistake) = new.mistake() {
            return Err(mistake);
        }
        self.last_id = self.last_id.saturating_add(1);
        let rule = Rule {
            id: self.last_id,
            fault: new.fault,
            gateway: new.gateway,
            merchant: new.merchant.filter(|text| !text.is_empty()),
            number: new.number.filter(|text| !text.is_empty()),
            operation: new.operation,
            percent: new.percent.unwrap_or(100),
            times: new.times,
            by_ms: new.by_ms,
            struck: 0,
        };
        self.rules.push(rule.clone());
        self.changed = true;
        Ok(rule)
    }

    /// Removes one rule, or all without an id. Whether there was one.
    pub(crate) fn remove(&mut self, id: Option<u64>) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| id.is_some_and(|id| rule.id != id));
        self.changed = true;
        self.rules.len() < before
    }

    /// Whether `fault` strikes here; the rule's `by_ms`.
    pub(crate) fn strike(
        &mut self,
        fault: Fault,
        scope: Scope<'_>,
        random: &mut Random,
    ) -> Option<Option<i64>> {
        let rule = self.rules.iter_mut().find(|rule| {
            rule.fault == fault
                && rule.times != Some(0)
                && rule.gateway.is_none_or(|gateway| gateway == scope.gateway)
                && rule.merchant.as_deref().is_none_or(|merchant| merchant == scope.merchant)
                && rule.number.as_deref().is_none_or(|number| number == scope.number)
                && rule.operation.is_none_or(|operation| operation == scope.operation)
                && (rule.percent >= 100 || random.below(100) < rule.percent)
        })?;
        rule.times = rule.times.map(|times| times.saturating_sub(1));
        rule.struck = rule.struck.saturating_add(1);
        self.changed = true;
        Some(rule.by_ms)
    }

    /// What befalls a call, if anything.
    pub(crate) fn call(&mut self, scope: Scope<'_>, random: &mut Random) -> Option<CallFault> {
        let hold = |by_ms: Option<i64>| by_ms.unwrap_or_default().unsigned_abs();
        if let Some(by_ms) = self.strike(Fault::TimeoutBeforeEffect, scope, random) {
            Some(CallFault::TimeoutBeforeEffect { hold_ms: hold(by_ms) })
        } else if let Some(by_ms) = self.strike(Fault::TimeoutAfterEffect, scope, random) {
            Some(CallFault::TimeoutAfterEffect { hold_ms: hold(by_ms) })
        } else if self.strike(Fault::ServerError, scope, random).is_some() {
            Some(CallFault::ServerError)
        } else if self.strike(Fault::SystemError, scope, random).is_some() {
            Some(CallFault::SystemError)
        } else {
            self.strike(Fault::RateLimited, scope, random).map(|_| CallFault::RateLimited)
        }
    }

    /// What befalls a refund that has just been accepted, if anything.
    pub(crate) fn refund(&mut self, scope: Scope<'_>, random: &mut Random) -> Option<RefundFault> {
        if let Some(by_ms) = self.strike(Fault::RefundPending, scope, random) {
            Some(RefundFault::Pending { for_ms: by_ms.unwrap_or(REFUND_MS) })
        } else if let Some(by_ms) = self.strike(Fault::RefundFailedLate, scope, random) {
            Some(RefundFault::FailedLate { after_ms: by_ms.unwrap_or(REFUND_MS) })
        } else if scope.gateway == Gateway::Alipay {
            None
        } else {
            self.strike(Fault::RefundAbnormal, scope, random).map(|_| RefundFault::Abnormal)
        }
    }

    /// What befalls a statement, if anything.
    pub(crate) fn bill(&mut self, scope: Scope<'_>, random: &mut Random) -> Vec<BillFault> {
        [
            (Fault::BillMissingLine, BillFault::Missing),
            (Fault::BillExtraLine, BillFault::Extra),
            (Fault::BillAlteredLine, BillFault::Altered),
        ]
        .into_iter()
        .filter_map(|(fault, befalls)| self.strike(fault, scope, random).map(|_| befalls))
        .collect()
    }

    pub(crate) fn take_changes(&mut self, records: &mut Vec<Record>) -> Result<(), serde_json::Error> {
        if std::mem::take(&mut self.changed) {
            records.push(Record { path: PATH.to_owned(), contents: serde_json::to_vec(self)? });
        }
        Ok(())
    }

    pub(crate) fn restore(&mut self, record: &Record) -> Result<(), serde_json::Error> {
        if record.path == PATH {
            *self = serde_json::from_slice(&record.contents)?;
        }
        Ok(())
    }
}

/// Damages the lines of a statement as the faults say: the first one is missing, `extra` (made from the last
/// one) is added, the last original one is altered.
pub(crate) fn tamper<T>(
    lines: &mut Vec<T>,
    faults: &[BillFault],
    alter: impl Fn(&mut T),
    extra: impl Fn(&T) -> T,
) {
    let added = lines.last().map(extra);
    for fault in faults {
        match fault {
            BillFault::Altered => lines.last_mut().map(&alter),
            BillFault::Missing => (!lines.is_empty()).then(|| drop(lines.remove(0))),
            BillFault::Extra => None,
        };
    }
    if faults.contains(&BillFault::Extra) {
        lines.extend(added);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCOPE: Scope<'_> =
        Scope { gateway: Gateway::Alipay, merchant: "m1", number: "N1", operation: Operation::Refund };

    fn with(rule: serde_json::Value) -> (Faults, Random) {
        let mut faults = Faults::default();
        faults.add(serde_json::from_value(rule).unwrap()).unwrap();
        (faults, Random::from_seed([1; 32]))
    }

    #[test]
    fn a_rule_strikes_only_where_it_says() {
        let (mut faults, mut random) = with(json!({
            "fault": "system_error", "gateway": "alipay", "merchant": "m1", "number": "N1", "operation": "refund",
        }));
        let elsewhere = [
            Scope { gateway: Gateway::Stripe, ..SCOPE },
            Scope { merchant: "m2", ..SCOPE },
            Scope { number: "N2", ..SCOPE },
            Scope { operation: Operation::Query, ..SCOPE },
        ];
        for scope in elsewhere {
            assert_eq!(faults.call(scope, &mut random), None);
        }
        assert_eq!(faults.call(SCOPE, &mut random), Some(CallFault::SystemError));
    }

    #[test]
    fn a_rule_with_a_number_of_times_is_used_up() {
        let (mut faults, mut random) = with(json!({ "fault": "rate_limited", "times": 2 }));
        let struck: Vec<bool> = (0..3).map(|_| faults.call(SCOPE, &mut random).is_some()).collect();
        assert_eq!(struck, [true, true, false]);
        assert_eq!(faults.rules()[0].struck, 2);
    }

    #[test]
    fn a_rate_strikes_about_as_often_as_it_says() {
        let (mut faults, mut random) = with(json!({ "fault": "server_error", "percent": 25 }));
        let struck = (0..4_000).filter(|_| faults.call(SCOPE, &mut random).is_some()).count();
        assert!((850..1_150).contains(&struck), "{struck}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            json!({ "fault": "server_error", "percent": 0 }),
            json!({ "fault": "server_error", "percent": 101 }),
            json!({ "fault": "server_error", "times": 0 }),
            json!({ "fault": "server_error", "by_ms": 5 }),
            json!({ "fault": "callback_delayed", "by_ms": -5 }),
            json!({ "fault": "callback_delayed", "by_ms": i64::MIN }),
            json!({ "fault": "clock_skew" }),
            json!({ "fault": "refund_abnormal", "gateway": "alipay" }),
        ] {
            let mut faults = Faults::default();
            assert!(faults.add(serde_json::from_value(wrong.clone()).unwrap()).is_err(), "{wrong}");
        }
        assert!(serde_json::from_value::<NewRule>(json!({ "fault": "other" })).is_err());
    }

    #[test]
    fn every_fault_has_the_name_it_is_read_by() {
        for fault in Fault::ALL {
            assert_eq!(serde_json::to_value(fault).unwrap(), json!(fault.name()));
        }
    }

    #[test]
    fn a_statement_loses_gains_and_alters_a_line() {
        let tampered = |faults: &[BillFault]| {
            let mut lines = vec![1, 2, 3];
            tamper(&mut lines, faults, |line| *line += 10, |line| *line + 100);
            lines
        };
        assert_eq!(tampered(&[BillFault::Missing]), [2, 3]);
        assert_eq!(tampered(&[BillFault::Extra]), [1, 2, 3, 103]);
        assert_eq!(tampered(&[BillFault::Altered]), [1, 2, 13]);
        let all = [BillFault::Missing, BillFault::Extra, BillFault::Altered];
        assert_eq!(tampered(&all), [2, 13, 103]);
        tamper(&mut Vec::<u8>::new(), &all, |_| {}, |line| *line);
    }
}
