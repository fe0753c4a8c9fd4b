//! What is a refund, and how does it end?
//!
//! An accepted refund is PROCESSING and nothing more; whether the money arrives is known later. ABNORMAL
//! (the buyer's account does not take it) waits for the merchant to name another way.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::creation::LARGEST_FEN;
use super::errors::Refusal;
use super::fields::Fields;
use super::time::rfc3339;
use crate::clock::shanghai_format;
use crate::random::Random;

/// How many refunds one payment may have.
pub(crate) const MOST_REFUNDS: usize = 50;

/// How long after the payment a refund may be asked for.
pub(crate) const REFUNDABLE_FOR_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// What has to stay the same when a refund's number is used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefundContents {
    pub(crate) refund_fen: i64,
    pub(crate) total_fen: i64,
    pub(crate) reason: Option<String>,
    pub(crate) notify_url: Option<String>,
    funds_account: Option<String>,
    goods_detail: Option<Value>,
}

/// A request that holds together.
#[derive(Debug)]
pub(crate) struct RefundRequest {
    pub(crate) transaction_id: Option<String>,
    pub(crate) out_trade_no: Option<String>,
    pub(crate) out_refund_no: String,
    pub(crate) contents: RefundContents,
}

/// Reads the body of `POST /v3/refund/domestic/refunds`.
pub(crate) fn read_refund(body: &Map<String, Value>) -> Result<RefundRequest, Refusal> {
    let known = [
        "transaction_id",
        "out_trade_no",
        "out_refund_no",
        "reason",
        "notify_url",
        "funds_account",
        "amount",
        "goods_detail",
    ];
    let fields = Fields::whole(body, &known)?;
    let transaction_id = fields.optional_text("transaction_id", 32)?;
    let out_trade_no = fields.optional_text("out_trade_no", 32)?;
    if transaction_id.is_none() && out_trade_no.is_none() {
        return Err(Refusal::body("/out_trade_no", "one of transaction_id and out_trade_no must be given"));
    }
    let amount = fields.object("amount", &["refund", "total", "currency", "from"])?;
    if amount.text("currency", 16)? != "CNY" {
        return Err(Refusal::body("/amount/currency", "only CNY is possible"));
    }
    for from in amount.objects("from", &["account", "amount"])? {
        from.text("account", 32)?;
        from.integer("amount", 1, LARGEST_FEN)?;
    }
    let funds_account = fields.optional_text("funds_account", 32)?;
    if funds_account.as_deref().is_some_and(|account| !["AVAILABLE", "UNSETTLED"].contains(&account)) {
        return Err(Refusal::body("/funds_account", "must be AVAILABLE or UNSETTLED"));
    }
    check_goods(&fields)?;
    Ok(RefundRequest {
        transaction_id,
        out_trade_no,
        out_refund_no: fields.number("out_refund_no", 1, 64, "_-|*@")?,
        contents: RefundContents {
            refund_fen: amount.integer("refund", 1, LARGEST_FEN)?,
            total_fen: amount.integer("total", 1, LARGEST_FEN)?,
            reason: fields.optional_text("reason", 80)?,
            notify_url: fields.optional_callback_url("notify_url")?,
            funds_account,
            goods_detail: body.get("goods_detail").cloned(),
        },
    })
}

fn check_goods(fields: &Fields<'_>) -> Result<(), Refusal> {
    let known = [
        "merchant_goods_id",
        "wechatpay_goods_id",
        "goods_name",
        "unit_price",
        "refund_amount",
        "refund_quantity",
    ];
    for goods in fields.objects("goods_detail", &known)? {
        goods.text("merchant_goods_id", 32)?;
        goods.optional_text("goods_name", 256)?;
        goods.integer("unit_price", 0, LARGEST_FEN)?;
        goods.integer("refund_amount", 0, LARGEST_FEN)?;
        goods.integer("refund_quantity", 1, i64::from(i32::MAX))?;
    }
    Ok(())
}

/// How a refund that is still under way will end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    Success,
    Abnormal,
    Closed,
}

/// Where a refund stands. All times are business time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RefundLife {
    Processing { settles_at_ms: i64, then: Ending },
    Success { at_ms: i64 },
    Closed { at_ms: i64 },
    Abnormal { at_ms: i64 },
}

impl RefundLife {
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Processing { .. } => "PROCESSING",
            Self::Success { .. } => "SUCCESS",
            Self::Closed { .. } => "CLOSED",
            Self::Abnormal { .. } => "ABNORMAL",
        }
    }
}

/// A refund of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    /// WeChat Pay's number.
    pub(crate) refund_id: String,
    pub(crate) out_refund_no: String,
    pub(crate) contents: RefundContents,
    pub(crate) created_at_ms: i64,
    pub(crate) life: RefundLife,
}

impl Refund {
    /// An accepted refund that will end at `settles_at_ms`.
    pub(crate) fn accepted(
        out_refund_no: String,
        contents: RefundContents,
        now_ms: i64,
        settles_at_ms: i64,
        then: Ending,
        random: &mut Random,
    ) -> Self {
        Self {
            refund_id: format!("503{}{}", shanghai_format(now_ms, "%Y%m%d%H%M%S"), random.digits(12)),
            out_refund_no,
            contents,
            created_at_ms: now_ms,
            life: RefundLife::Processing { settles_at_ms, then },
        }
    }

    /// Ends a refund whose time has come. Answers whether something changed.
    pub(crate) fn settle(&mut self, now_ms: i64) -> bool {
        let RefundLife::Processing { settles_at_ms, then } = self.life else { return false };
        if now_ms < settles_at_ms {
            return false;
        }
        self.life = match then {
            Ending::Success => RefundLife::Success { at_ms: settles_at_ms },
            Ending::Abnormal => RefundLife::Abnormal { at_ms: settles_at_ms },
            Ending::Closed => RefundLife::Closed { at_ms: settles_at_ms },
        };
        true
    }

    /// Whether its amount is gone from what can still be refunded.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self.life, RefundLife::Closed { .. })
    }

    /// When it will end by itself.
    pub(crate) fn settles_at_ms(&self) -> Option<i64> {
        match self.life {
            RefundLife::Processing { settles_at_ms, .. } => Some(settles_at_ms),
            _ => None,
        }
    }

    /// The answer of the refund calls.
    pub(crate) fn answer(&self, transaction_id: &str, out_trade_no: &str) -> Value {
        let fen = self.contents.refund_fen;
        let total = self.contents.total_fen;
        let mut answer = json!({
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "transaction_id": transaction_id,
            "out_trade_no": out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": RECEIVED_BY,
            "create_time": rfc3339(self.created_at_ms),
            "status": self.life.status(),
            "funds_account": self.contents.funds_account.as_deref().unwrap_or("UNSETTLED"),
            "amount": {
                "total": total,
                "refund": fen,
                "payer_total": total,
                "payer_refund": fen,
                "settlement_refund": fen,
                "settlement_total": total,
                "discount_refund": 0,
                "currency": "CNY",
            },
            "promotion_detail": [],
        });
        if let (RefundLife::Success { at_ms }, Some(members)) = (self.life, answer.as_object_mut()) {
            members.insert("success_time".to_owned(), json!(rfc3339(at_ms)));
        }
        answer
    }

    /// What the callback about its end says: other names and fewer of them than the answer.
    pub(crate) fn resource(&self, mchid: &str, transaction_id: &str, out_trade_no: &str) -> Value {
        let mut resource = json!({
            "mchid": mchid,
            "transaction_id": transaction_id,
            "out_trade_no": out_trade_no,
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "refund_status": self.life.status(),
            "user_received_account": RECEIVED_BY,
            "amount": {
                "total": self.contents.total_fen,
                "refund": self.contents.refund_fen,
                "payer_total": self.contents.total_fen,
                "payer_refund": self.contents.refund_fen,
            },
        });
        if let (RefundLife::Success { at_ms }, Some(members)) = (self.life, resource.as_object_mut()) {
            members.insert("success_time".to_owned(), json!(rfc3339(at_ms)));
        }
        resource
    }
}

/// Where the buyer finds the money again.
const RECEIVED_BY: &str = "支付用户零钱";
