//! How is a payment created, asked for and closed?

use serde_json::{Map, Value, json};

use super::WechatPay;
use super::answer::Answer;
use super::creation::{Channel, Creation, read_creation};
use super::errors::Refusal;
use super::fields::Fields;
use super::order::{Life, Order};
use super::people::Person;
use crate::desk::Desk;
use crate::merchant::Merchant;

impl WechatPay {
    /// `POST /v3/pay/transactions/{native,h5,jsapi}`.
    pub(super) fn create(
        &mut self,
        channel: Channel,
        body: &Map<String, Value>,
        merchant: &Merchant,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let now_ms = desk.now.business_ms;
        let creation = read_creation(channel, body, now_ms)?;
        let account = &merchant.wechat_pay;
        if creation.mchid != account.mchid {
            return Err(Refusal::MerchantMismatch);
        }
        if creation.contents.appid != account.appid {
            return Err(Refusal::AppMismatch);
        }
        let openid = creation.contents.openid.as_deref();
        if openid.is_some_and(|openid| Person::behind(openid, &account.appid).is_none()) {
            return Err(Refusal::OpenidMismatch);
        }
        let known = self.orders.by_number(&account.mchid, &creation.out_trade_no).cloned();
        let same = known.as_ref().is_none_or(|order| order.contents == creation.contents);
        let mut order = known.unwrap_or_else(|| new_order(creation, now_ms));
        // Whether it can still be paid is said before what differs.
        order.add_code(now_ms, desk.random)?;
        if !same {
            return Err(Refusal::OtherParameters("out_trade_no"));
        }
        let answer = way_in(&order, desk);
        self.orders.put(order);
        Ok(Answer::Json(answer))
    }

    /// The object of a query.
    pub(super) fn query(
        &self,
        order: Option<&Order>,
        query: &[(String, String)],
        merchant: &Merchant,
        desk: &Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let mchid = &merchant.wechat_pay.mchid;
        match query.iter().find(|(name, _)| name == "mchid") {
            None => return Err(Refusal::query("mchid", "is missing")),
            Some((_, given)) if given != mchid => return Err(Refusal::MerchantMismatch),
            Some(_) => {}
        }
        let order = order.ok_or(Refusal::OrderNotExist)?;
        let userpaying_ms = self.settings_of(mchid).userpaying_ms();
        Ok(Answer::Json(order.answer(desk.now.business_ms, userpaying_ms)))
    }

    /// `POST …/close`.
    pub(super) fn close(
        &mut self,
        number: &str,
        body: &Map<String, Value>,
        merchant: &Merchant,
        desk: &Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let mchid = &merchant.wechat_pay.mchid;
        if Fields::whole(body, &["mchid"])?.text("mchid", 32)? != *mchid {
            return Err(Refusal::MerchantMismatch);
        }
        let userpaying_ms = self.settings_of(mchid).userpaying_ms();
        let mut order = self.orders.by_number(mchid, number).cloned().ok_or(Refusal::OrderNotExist)?;
        order.close(desk.now.business_ms, userpaying_ms)?;
        self.orders.put(order);
        Ok(Answer::Empty)
    }
}

fn new_order(creation: Creation, now_ms: i64) -> Order {
    Order {
        mchid: creation.mchid,
        out_trade_no: creation.out_trade_no,
        contents: creation.contents,
        created_at_ms: now_ms,
        expires_at_ms: creation.expires_at_ms,
        codes: Vec::new(),
        life: Life::NotPay,
        declined_at_ms: None,
        left_at_ms: None,
        redirect_url: None,
        refunds: Vec::new(),
    }
}

/// What the page or the phone needs to get to the cashier.
fn way_in(order: &Order, desk: &Desk<'_>) -> Value {
    let Some(code) = order.newest_code() else { return json!({}) };
    let address = desk.cashier_url(&code.token);
    match order.contents.channel {
        Channel::Native => json!({ "code_url": address }),
        // A query is there already: `&redirect_url=` may be appended.
        Channel::H5 => json!({ "h5_url": format!("{address}?prepay_id={}", code.prepay_id) }),
        Channel::Jsapi => json!({ "prepay_id": code.prepay_id }),
    }
}
