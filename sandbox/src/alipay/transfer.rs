//! What is a transfer, and which ones are made? (money from the merchant's balance to somebody's account)

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::amount::{LARGEST_FEN, parse_yuan, yuan_text};
use super::answer::{Fields, text};
use super::errors::Fault;
use super::fields::{exactly, object, optional, required};
use super::payee::Payee;
use crate::clock::{shanghai_format, shanghai_text};
use crate::random::Random;

/// The least one transfer may move: 0.10 yuan.
const SMALLEST_FEN: i64 = 10;
/// The one product and scene for transfers without a password.
const PRODUCT_CODE: &str = "TRANS_ACCOUNT_NO_PWD";
const SCENE: &str = "DIRECT_TRANSFER";

/// What a transfer is about. Frozen under its number: the same number must say the same again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransferOrder {
    pub(crate) out_biz_no: String,
    pub(crate) fen: i64,
    /// The account's user id, however it was named.
    pub(crate) payee_user_id: String,
    pub(crate) payee_name: String,
    pub(crate) title: String,
    pub(crate) remark: Option<String>,
}

/// A transfer that was made. One that is refused leaves nothing behind; its number may be used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) order_id: String,
    pub(crate) pay_fund_order_id: String,
    pub(crate) seller_id: String,
    pub(crate) order: TransferOrder,
    /// Business time.
    pub(crate) made_at_ms: i64,
}

impl TransferOrder {
    /// Reads biz_content. What is wrong with the form comes before what is wrong with the payee.
    pub(crate) fn read(fields: &Map<String, Value>) -> Result<Self, Fault> {
        let out_biz_no = required(fields, "out_biz_no", 64)?;
        let amount = required(fields, "trans_amount", 20)?;
        let fen = parse_yuan(&amount).ok_or_else(|| {
            Fault::Parameter(format!("trans_amount: expected yuan with two decimals, got {amount:?}"))
        })?;
        exactly(fields, "product_code", PRODUCT_CODE)?;
        exactly(fields, "biz_scene", SCENE)?;
        let title = required(fields, "order_title", 128)?;
        let remark = optional(fields, "remark", 200)?;
        if fen < SMALLEST_FEN {
            return Err(Fault::TransferTooSmall);
        }
        if fen > LARGEST_FEN {
            return Err(Fault::TransferTooLarge);
        }
        let payee = Payee::read(object(fields, "payee_info")?)?;
        Ok(Self {
            out_biz_no,
            fen,
            payee_user_id: payee.user_id.to_owned(),
            payee_name: payee.name.to_owned(),
            title,
            remark,
        })
    }
}

impl Transfer {
    /// Makes a transfer, with ids in the shape of real ones.
    pub(crate) fn make(order: TransferOrder, seller_id: &str, now_ms: i64, random: &mut Random) -> Self {
        let day = shanghai_format(now_ms, "%Y%m%d");
        Self {
            order_id: format!("{day}110070000006{}", random.digits(12)),
            pay_fund_order_id: format!("{day}110070001506{}", random.digits(12)),
            seller_id: seller_id.to_owned(),
            order,
            made_at_ms: now_ms,
        }
    }

    fn named(&self) -> Fields {
        vec![
            ("out_biz_no", text(&self.order.out_biz_no)),
            ("order_id", text(&self.order_id)),
            ("pay_fund_order_id", text(&self.pay_fund_order_id)),
            ("status", text("SUCCESS")),
        ]
    }

    /// The answer to the call that made it, and to its repeats.
    pub(crate) fn made(&self) -> Fields {
        let mut fields = self.named();
        fields.push(("trans_date", text(shanghai_text(self.made_at_ms))));
        fields
    }

    /// The answer to a query.
    pub(crate) fn found(&self) -> Fields {
        let mut fields = self.named();
        fields.extend([
            ("trans_amount", text(yuan_text(self.order.fen))),
            ("order_fee", text("0.00")),
            ("pay_date", text(shanghai_text(self.made_at_ms))),
        ]);
        fields
    }
}

/// How a query names a transfer.
pub(crate) enum Named {
    Number(String),
    OrderId(String),
    PayFundOrderId(String),
}

/// Reads a query: one of three ids; our own number only with product and scene.
pub(crate) fn read_name(fields: &Map<String, Value>) -> Result<Named, Fault> {
    if let Some(id) = optional(fields, "pay_fund_order_id", 64)? {
        return Ok(Named::PayFundOrderId(id));
    }
    if let Some(id) = optional(fields, "order_id", 64)? {
        return Ok(Named::OrderId(id));
    }
    let number = optional(fields, "out_biz_no", 64)?.ok_or_else(|| {
        Fault::Parameter("one of out_biz_no, order_id and pay_fund_order_id must be given".to_owned())
    })?;
    exactly(fields, "product_code", PRODUCT_CODE)?;
    exactly(fields, "biz_scene", SCENE)?;
    Ok(Named::Number(number))
}
