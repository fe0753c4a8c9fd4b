//! Whom do the tests of WeChat Pay speak of?

use coursepay_core::attempt::{Attempt, AttemptState};
use coursepay_core::gateway::wechat_pay::WechatPay;
use coursepay_core::gateway::{Fault, Gateway, Operation, Payer, Prepared, RefundTerms, Unsigned};
use coursepay_core::method::{Channel, GatewayId, Method};

use crate::fixture::{START, attempt, cny, ids, moment};

/// By which WeChat signs in the tests.
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0000000000000024101100397200000006";

pub(crate) fn wechat_pay() -> WechatPay {
    WechatPay {
        mchid: "1900007291".to_owned(),
        appid: "wxd678efh567hg6787".to_owned(),
        merchant_serial_no: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB".to_owned(),
        base_url: "https://gateway.example".to_owned(),
        answer_key_id: Some(KEY_ID.to_owned()),
        page_url: None,
    }
}

/// An attempt of 99.00 through WeChat Pay.
pub(crate) fn tried(channel: Channel) -> Attempt {
    let alike = attempt(channel, AttemptState::Pending);
    Attempt {
        method: Method::External(GatewayId::WechatPay),
        terms: wechat_pay().terms(
            channel,
            "课程 rust-101",
            "https://pay.example/v1/callbacks/wechat_pay".to_owned(),
            Some("https://school.example/course?id=1&from=pay".to_owned()),
        ),
        ..alike
    }
}

/// A refund of 30.00 of it.
pub(crate) fn refund() -> RefundTerms {
    RefundTerms {
        number: ids(60_000, 3).fresh(),
        amount: cny(3_000),
        reason: "课程 cancelled".to_owned(),
        notify_url: "https://pay.example/v1/callbacks/wechat_pay".to_owned(),
        gateway_no: None,
    }
}

pub(crate) fn payer() -> Payer {
    Payer {
        openid: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()),
        client_ip: Some("203.0.113.7".to_owned()),
    }
}

pub(crate) fn to_sign(prepared: Result<Prepared, Fault>) -> Result<Unsigned, Fault> {
    match prepared? {
        Prepared::ToSign(unsigned) => Ok(unsigned),
        Prepared::WithSecret(request) => panic!("{request:?}"),
    }
}

pub(crate) fn prepared(operation: Operation, attempt: &Attempt, payer: &Payer) -> Result<Unsigned, Fault> {
    to_sign(wechat_pay().prepare(operation, attempt, payer, &moment(START)))
}
