//! What is a payment, what may happen to it, and what follows?
//!
//! It exists from the first call on (unlike Alipay's). Its number stays one payment for ever; every new
//! call with the same parameters gives one more code by which it can be paid. All times are business time.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::creation::{Contents, USUAL_LIFE_MS};
use super::errors::Refusal;
use super::refund::Refund;
use super::statement::fee_fen;
use super::time::rfc3339;
use crate::clock::shanghai_format;
use crate::random::Random;

/// One way into a payment: QR code, link or prepay_id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The secret part of the cashier's address.
    pub(crate) token: String,
    pub(crate) prepay_id: String,
    /// Until then it can be opened; once opened it is good for the whole life of the payment.
    pub(crate) valid_until_ms: i64,
    pub(crate) opened_at_ms: Option<i64>,
}

/// Where a payment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trade_state", rename_all = "UPPERCASE")]
pub(crate) enum Life {
    NotPay,
    /// Paid; with a refund it is called REFUND.
    Success(Paid),
    Closed {
        at_ms: i64,
    },
}

/// What comes into being with the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paid {
    pub(crate) transaction_id: String,
    pub(crate) at_ms: i64,
    pub(crate) openid: String,
}

/// A payment with its codes and refunds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) mchid: String,
    pub(crate) out_trade_no: String,
    pub(crate) contents: Contents,
    pub(crate) created_at_ms: i64,
    /// The deadline of the first request.
    pub(crate) expires_at_ms: i64,
    /// At least one; the newest is the last.
    pub(crate) codes: Vec<Code>,
    pub(crate) life: Life,
    pub(crate) declined_at_ms: Option<i64>,
    pub(crate) left_at_ms: Option<i64>,
    /// H5 only: where the browser goes afterwards, once the link was opened with it.
    pub(crate) redirect_url: Option<String>,
    pub(crate) refunds: Vec<Refund>,
}

impl Order {
    /// The token of its first code, by which it is kept.
    pub(crate) fn token(&self) -> &str {
        self.codes.first().map(|code| code.token.as_str()).unwrap_or_default()
    }

    /// The newest way into it.
    pub(crate) fn newest_code(&self) -> Option<&Code> {
        self.codes.last()
    }

    /// What it has left on the merchant's account, fees taken off.
    pub(crate) fn net_fen(&self) -> i64 {
        let net = |fen: i64| fen.saturating_sub(fee_fen(fen));
        let paid_fen = if self.paid().is_some() { self.contents.total_fen } else { 0 };
        net(paid_fen).saturating_sub(net(self.refunded_fen()))
    }

    /// The word for where it stands at `now_ms`. The buyer counts as entering the password for
    /// `userpaying_ms` after the cashier was opened.
    pub(crate) fn trade_state(&self, now_ms: i64, userpaying_ms: i64) -> &'static str {
        match &self.life {
            Life::NotPay if self.is_being_paid(now_ms, userpaying_ms) => "USERPAYING",
            Life::NotPay => "NOTPAY",
            Life::Success(_) if self.refunds.is_empty() => "SUCCESS",
            Life::Success(_) => "REFUND",
            Life::Closed { .. } => "CLOSED",
        }
    }

    fn is_being_paid(&self, now_ms: i64, userpaying_ms: i64) -> bool {
        let opened = self.codes.iter().filter_map(|code| code.opened_at_ms).max();
        opened.is_some_and(|at_ms| now_ms < at_ms.saturating_add(userpaying_ms))
            && self.declined_at_ms.is_none()
            && self.left_at_ms.is_none()
    }

    pub(crate) fn paid(&self) -> Option<&Paid> {
        match &self.life {
            Life::Success(paid) => Some(paid),
            Life::NotPay | Life::Closed { .. } => None,
        }
    }

    /// Whether the deadline to pay is over.
    pub(crate) fn is_past(&self, now_ms: i64) -> bool {
        now_ms >= self.expires_at_ms
    }

    /// When an unpaid order is closed by itself: not at its deadline, but seven days after its creation or
    /// at the deadline, whichever is later.
    pub(crate) fn closes_at_ms(&self) -> i64 {
        self.expires_at_ms.max(self.created_at_ms.saturating_add(USUAL_LIFE_MS))
    }

    /// Does what time alone does: closes what nobody paid, ends refunds. Answers the places of the refunds
    /// that ended.
    pub(crate) fn settle(&mut self, now_ms: i64) -> Vec<usize> {
        if self.life == Life::NotPay && now_ms >= self.closes_at_ms() {
            self.life = Life::Closed { at_ms: self.closes_at_ms() };
        }
        let refunds = self.refunds.iter_mut().enumerate();
        refunds.filter_map(|(place, refund)| refund.settle(now_ms).then_some(place)).collect()
    }

    /// When time alone changes it next.
    pub(crate) fn next_change_ms(&self) -> Option<i64> {
        let closing = (self.life == Life::NotPay).then(|| self.closes_at_ms());
        self.refunds.iter().filter_map(Refund::settles_at_ms).chain(closing).min()
    }

    /// One more code, for the same parameters.
    pub(crate) fn add_code(&mut self, now_ms: i64, random: &mut Random) -> Result<(), Refusal> {
        match &self.life {
            Life::Success(_) => return Err(Refusal::OrderPaid),
            Life::Closed { .. } => return Err(Refusal::OrderClosed),
            Life::NotPay if self.is_past(now_ms) => return Err(Refusal::OrderExpired),
            Life::NotPay => {}
        }
        self.codes.push(Code {
            token: random.token(),
            prepay_id: format!(
                "wx{}{}{}",
                shanghai_format(now_ms, "%d%H%M%S"),
                random.token(),
                random.digits(4)
            ),
            valid_until_ms: now_ms.saturating_add(self.contents.channel.code_life_ms()),
            opened_at_ms: None,
        });
        Ok(())
    }

    /// The merchant closes it. Again is fine.
    pub(crate) fn close(&mut self, now_ms: i64, userpaying_ms: i64) -> Result<(), Refusal> {
        match &self.life {
            Life::NotPay if self.is_being_paid(now_ms, userpaying_ms) => Err(Refusal::UserPaying),
            Life::NotPay => {
                self.life = Life::Closed { at_ms: now_ms };
                Ok(())
            }
            Life::Closed { .. } => Ok(()),
            Life::Success(_) => Err(Refusal::CannotClosePaid),
        }
    }

    /// The money arrives, whatever the state was: whether it may is the caller's decision.
    pub(crate) fn pay(&mut self, openid: String, now_ms: i64, random: &mut Random) {
        self.life = Life::Success(Paid {
            transaction_id: format!("42000{}{}", shanghai_format(now_ms, "%Y%m%d"), random.digits(15)),
            at_ms: now_ms,
            openid,
        });
    }

    /// What all refunds that are not closed take, in fen.
    pub(crate) fn refunded_fen(&self) -> i64 {
        let counted = self.refunds.iter().filter(|refund| refund.counts());
        counted.fold(0_i64, |sum, refund| sum.saturating_add(refund.contents.refund_fen))
    }

    /// The answer of a query.
    pub(crate) fn answer(&self, now_ms: i64, userpaying_ms: i64) -> Value {
        self.object(self.trade_state(now_ms, userpaying_ms))
    }

    /// What the callback about the payment says, then and later.
    pub(crate) fn resource(&self) -> Value {
        self.object("SUCCESS")
    }

    fn object(&self, state: &str) -> Value {
        let total = self.contents.total_fen;
        let mut object = json!({
            "appid": self.contents.appid,
            "mchid": self.mchid,
            "out_trade_no": self.out_trade_no,
            "trade_state": state,
            "trade_state_desc": describe(state),
            "amount": { "total": total, "currency": "CNY" },
            "attach": self.contents.attach.as_deref().unwrap_or_default(),
            "promotion_detail": [],
        });
        let Some(members) = object.as_object_mut() else { return object };
        if let Some(device_id) = &self.contents.device_id {
            members.insert("scene_info".to_owned(), json!({ "device_id": device_id }));
        }
        if let Some(paid) = self.paid() {
            members.insert("transaction_id".to_owned(), json!(paid.transaction_id));
            members.insert("trade_type".to_owned(), json!(self.contents.channel.trade_type()));
            members.insert("bank_type".to_owned(), json!("OTHERS"));
            members.insert("success_time".to_owned(), json!(rfc3339(paid.at_ms)));
            members.insert("payer".to_owned(), json!({ "openid": paid.openid }));
            members.insert(
                "amount".to_owned(),
                json!({ "total": total, "payer_total": total, "currency": "CNY", "payer_currency": "CNY" }),
            );
        }
        object
    }
}

fn describe(state: &str) -> &'static str {
    match state {
        "NOTPAY" => "订单未支付",
        "USERPAYING" => "用户支付中",
        "SUCCESS" => "支付成功",
        "REFUND" => "订单发生过退款，退款详情请查询退款单",
        _ => "订单已关闭",
    }
}
