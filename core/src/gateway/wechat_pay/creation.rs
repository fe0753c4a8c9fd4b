//! What does a new payment say? The body of a creation, for each of the channels.

use std::net::IpAddr;

use serde::Serialize;

use crate::attempt::Attempt;
use crate::currency::Currency;
use crate::gateway::wechat_pay::{LONGEST_DESCRIPTION_BYTES, WechatPay, rfc3339_text};
use crate::gateway::{Fault, Payer};
use crate::method::Channel;

/// The body of a creation. The order of the fields is part of what is signed: it stays.
#[derive(Serialize)]
pub(super) struct Creation<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: &'a str,
    out_trade_no: String,
    time_expire: String,
    notify_url: &'a str,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<PayerField<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<SceneInfo>,
}

#[derive(Serialize)]
struct Amount {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct PayerField<'a> {
    openid: &'a str,
}

#[derive(Serialize)]
struct SceneInfo {
    payer_client_ip: String,
    h5_info: H5Info,
}

#[derive(Serialize)]
struct H5Info {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The body of the creation of `attempt`.
pub(super) fn creation<'a>(
    ours: &'a WechatPay,
    attempt: &'a Attempt,
    payer: &'a Payer,
) -> Result<Creation<'a>, Fault> {
    if attempt.amount.currency() != Currency::Cny || attempt.amount.is_zero() {
        return Err(Fault::Unsupported("wechat pay takes CNY from 0.01"));
    }
    let terms = &attempt.terms;
    if !(1..=LONGEST_DESCRIPTION_BYTES).contains(&terms.subject.len()) {
        return Err(Fault::Unsupported("wechat pay needs a subject of at most 127 bytes"));
    }
    if !(1..=255).contains(&terms.notify_url.len()) || terms.notify_url.contains(['?', ' ']) {
        return Err(Fault::Unsupported("wechat pay needs a notify_url of at most 255 bytes without a query"));
    }
    Ok(Creation {
        appid: &ours.appid,
        mchid: &ours.mchid,
        description: &terms.subject,
        out_trade_no: attempt.id.to_string(),
        time_expire: rfc3339_text(attempt.expires_at)
            .ok_or(Fault::Unsupported("the deadline is outside the calendar"))?,
        notify_url: &terms.notify_url,
        amount: Amount { total: attempt.amount.minor(), currency: "CNY" },
        payer: (attempt.channel == Channel::InApp).then(|| payer_field(payer)).transpose()?,
        scene_info: (attempt.channel == Channel::Mobile).then(|| scene_info(payer)).transpose()?,
    })
}

fn payer_field(payer: &Payer) -> Result<PayerField<'_>, Fault> {
    let openid = payer.openid.as_deref().filter(|openid| !openid.is_empty());
    Ok(PayerField { openid: openid.ok_or(Fault::Unsupported("jsapi needs the payer's openid"))? })
}

/// WeChat compares the address with the one it sees the learner under, and refuses to pay when they differ.
fn scene_info(payer: &Payer) -> Result<SceneInfo, Fault> {
    let address = payer.client_ip.as_deref().and_then(|text| text.parse::<IpAddr>().ok());
    let address = address.ok_or(Fault::Unsupported("h5 needs the payer's IP address"))?;
    Ok(SceneInfo { payer_client_ip: address.to_string(), h5_info: H5Info { kind: "Wap" } })
}
