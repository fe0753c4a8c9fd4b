//! What do WeChat Pay's callbacks say?
//!
//! The body is signed as it comes and holds a sealed resource: what it says can be read only once it was
//! opened with the APIv3 key, which is another proof of where it comes from. A kind of callback we have no
//! use for stays sealed.

use serde::Deserialize;
use serde_json::Value;

use crate::currency::Currency;
use crate::gateway::wechat_pay::seal::{Parts, Resource};
use crate::gateway::wechat_pay::transaction::{Transaction, check_seller, fen, present};
use crate::gateway::wechat_pay::{WechatPay, call, refund, sign};
use crate::gateway::{Content, Fault, Message, Misfit, News, Notice, Sealed, Unverified};
use crate::time::Timestamp;

/// What is signed. A member that stands twice makes it unreadable.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    resource: Option<Resource>,
}

/// What a callback is about.
#[derive(Clone, Copy)]
enum Kind {
    Paid,
    Refund,
}

/// See [`crate::gateway::Gateway::read_callback`].
pub(super) fn read(
    ours: &WechatPay,
    callback: Message<'_>,
    now: Timestamp,
) -> Result<Unverified<Content>, Fault> {
    call::check_size(callback)?;
    let claim = sign::claim(callback, now)?.ok_or(Fault::Malformed("the callback is not signed"))?;
    let Envelope { id, event_type, resource } = serde_json::from_slice(callback.body)
        .map_err(|_| Fault::Malformed("the callback is not an envelope"))?;
    let kind = match event_type.as_str() {
        "TRANSACTION.SUCCESS" => Kind::Paid,
        "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => Kind::Refund,
        _ => {
            let notice = Notice {
                key: key(&id, "", &event_type),
                merchant_no: String::new(),
                news: News::Misfit(Misfit::NoUse { kind: event_type }),
            };
            return Ok(Unverified::new(vec![claim], Content::Open(notice)));
        }
    };
    let resource = resource.ok_or(Fault::Malformed("the callback has no resource"))?;
    let Parts { nonce, aad, ciphertext } = resource.unpacked()?;
    let ours = ours.clone();
    let read = move |plain: &[u8]| {
        let (merchant_no, news) = match kind {
            Kind::Paid => paid(plain, &ours),
            Kind::Refund => refunded(plain, &ours, &event_type),
        }?;
        let key = key(&id, &merchant_no, &event_type);
        Ok(Notice { key, merchant_no, news: news.unwrap_or_else(News::Misfit) })
    };
    Ok(Unverified::new(vec![claim], Content::Sealed(Sealed { nonce, aad, ciphertext, read: Box::new(read) })))
}

/// A repeat has the same `id` under a fresh signature.
fn key(id: &str, merchant_no: &str, event_type: &str) -> String {
    [id, merchant_no, event_type].join("|")
}

/// A number of ours, and what is told of it.
type Told = (String, Result<News, Misfit>);

fn paid(plain: &[u8], ours: &WechatPay) -> Result<Told, Fault> {
    let transaction: Transaction =
        serde_json::from_slice(plain).map_err(|_| Fault::Malformed("the resource is not a payment"))?;
    let news = (|| {
        transaction.check_owner(ours)?;
        match present(transaction.trade_state.as_deref(), "trade_state")? {
            // Late, it may say that some of the money has gone back again.
            "SUCCESS" | "REFUND" => transaction.payment().map(News::Paid),
            got => Err(Misfit::UnknownStatus { got: got.to_owned() }),
        }
    })();
    Ok((transaction.out_trade_no.unwrap_or_default(), news))
}

/// A refund, as a callback tells it.
#[derive(Deserialize)]
struct Refunded {
    mchid: Option<String>,
    out_trade_no: Option<String>,
    out_refund_no: Option<String>,
    refund_status: Option<String>,
    success_time: Option<String>,
    amount: Option<RefundedAmount>,
}

/// It names no currency: what is refunded was paid in renminbi.
#[derive(Deserialize)]
struct RefundedAmount {
    refund: Option<Value>,
}

fn refunded(plain: &[u8], ours: &WechatPay, event_type: &str) -> Result<Told, Fault> {
    let refunded: Refunded =
        serde_json::from_slice(plain).map_err(|_| Fault::Malformed("the resource is not a refund"))?;
    let news = refunded.news(ours, event_type);
    Ok((refunded.out_trade_no.unwrap_or_default(), news))
}

impl Refunded {
    fn news(&self, ours: &WechatPay, event_type: &str) -> Result<News, Misfit> {
        check_seller(self.mchid.as_deref(), ours)?;
        present(self.out_trade_no.as_deref(), "out_trade_no")?;
        let refund_no = present(self.out_refund_no.as_deref(), "out_refund_no")?.to_owned();
        let status = present(self.refund_status.as_deref(), "refund_status")?;
        let standing = refund::standing(status, self.success_time.as_deref())
            .filter(|_| event_type.strip_prefix("REFUND.") == Some(status))
            .ok_or_else(|| Misfit::UnknownStatus { got: status.to_owned() })?;
        let amount = self.amount.as_ref().and_then(|amount| fen(amount.refund.as_ref(), Currency::Cny));
        let amount = Some(amount.ok_or(Misfit::Unreadable { field: "refund" })?);
        Ok(News::Refund { refund_no, amount, standing })
    }
}
