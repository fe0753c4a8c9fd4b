//! What does a payment look like at WeChat? The same object answers a query and fills a callback.

use serde::Deserialize;
use serde_json::Value;

use crate::currency::Currency;
use crate::gateway::wechat_pay::{WechatPay, parse_rfc3339};
use crate::gateway::{Misfit, Payment};
use crate::money::Money;

/// The object, as far as we read it. A member that stands twice makes it unreadable: two readers could take
/// two different values.
#[derive(Deserialize)]
pub(super) struct Transaction {
    appid: Option<String>,
    mchid: Option<String>,
    pub(super) out_trade_no: Option<String>,
    transaction_id: Option<String>,
    pub(super) trade_state: Option<String>,
    success_time: Option<String>,
    amount: Option<Amount>,
}

/// What was asked for is `total`. `payer_total` is less where a coupon of WeChat's paid a part; it is not
/// looked at.
#[derive(Deserialize)]
struct Amount {
    total: Option<Value>,
    currency: Option<String>,
}

impl Transaction {
    /// Whether it is of our application and our merchant.
    pub(super) fn check_owner(&self, ours: &WechatPay) -> Result<(), Misfit> {
        let appid = present(self.appid.as_deref(), "appid")?;
        if appid != ours.appid {
            return Err(Misfit::OtherApp { expected: ours.appid.clone(), got: appid.to_owned() });
        }
        check_seller(self.mchid.as_deref(), ours)
    }

    /// Its money.
    pub(super) fn payment(&self) -> Result<Payment, Misfit> {
        let amount = self.amount.as_ref().ok_or(Misfit::Unreadable { field: "amount" })?;
        // What is sold in China is paid in renminbi, and some answers leave it unsaid.
        let currency = amount.currency.as_deref().map_or(Some(Currency::Cny), Currency::from_code);
        let currency = currency.ok_or(Misfit::Unreadable { field: "currency" })?;
        Ok(Payment {
            merchant_no: present(self.out_trade_no.as_deref(), "out_trade_no")?.to_owned(),
            gateway_no: present(self.transaction_id.as_deref(), "transaction_id")?.to_owned(),
            amount: fen(amount.total.as_ref(), currency).ok_or(Misfit::Unreadable { field: "total" })?,
            at: self.success_time.as_deref().and_then(parse_rfc3339),
        })
    }
}

/// Whether `mchid` is ours.
pub(super) fn check_seller(mchid: Option<&str>, ours: &WechatPay) -> Result<(), Misfit> {
    let mchid = present(mchid, "mchid")?;
    if mchid != ours.mchid {
        return Err(Misfit::OtherSeller { expected: ours.mchid.clone(), got: mchid.to_owned() });
    }
    Ok(())
}

/// The text, if there is one.
pub(super) fn present<'a>(text: Option<&'a str>, field: &'static str) -> Result<&'a str, Misfit> {
    text.filter(|text| !text.is_empty()).ok_or(Misfit::Unreadable { field })
}

/// A whole number of fen, from 1.
pub(super) fn fen(value: Option<&Value>, currency: Currency) -> Option<Money> {
    let minor = value?.as_i64().filter(|minor| *minor > 0)?;
    Money::new(minor, currency).ok()
}
