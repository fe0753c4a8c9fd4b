//! How does a page inside WeChat ask for a payment? (the stand-in for `WeixinJSBridge`)
//!
//! A small script takes the place of what WeChat's browser offers. It gives the page's parameters to
//! [`CALL_PATH`], which checks `paySign` with the merchant's public key, shows the cashier it is told, and
//! asks again until it knows how it went. Only these two routes may be used from other origins.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderName,
    HeaderValue,
};
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::WechatPay;
use super::creation::Channel;
use super::mistakes::pay_sign_mistakes;
use super::order::{Life, Order};
use super::sign::jsapi_text;
use super::transfer::{Transfer, TransferLife};
use crate::Gateway;
use crate::cashier::Outcome;
use crate::desk::Desk;
use crate::doctor;
use crate::log::{Diagnosis, Direction, Entry};
use crate::reply;

/// Where the script is.
pub(crate) const SCRIPT_PATH: &str = "/sandbox/wechat_pay/bridge.js";
/// What the script asks.
pub(crate) const CALL_PATH: &str = "/sandbox/wechat_pay/jsapi";

/// The script's question. `since_ms` is missing the first time and then what the first answer said.
#[derive(Debug, Deserialize)]
struct Question {
    api: String,
    params: Value,
    since_ms: Option<i64>,
}

/// Where the person is to be led, and how it went so far: `waiting`, `ok`, `cancel` or `fail`.
struct Led {
    token: String,
    result: &'static str,
}

/// Why a page gets nothing.
struct Refused {
    code: &'static str,
    message: String,
    diagnosis: Option<Diagnosis>,
}

fn refused(code: &'static str, message: impl Into<String>) -> Refused {
    Refused { code, message: message.into(), diagnosis: None }
}

/// The script, told where its sandbox is.
pub(crate) fn script(request: &Request<Bytes>, base_url: &str) -> Response<Bytes> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "GET");
    }
    let text = include_str!("bridge.js")
        .replace("\"{{call_url}}\"", &json!(format!("{base_url}{CALL_PATH}")).to_string());
    let mut response = reply::reply(StatusCode::OK, "text/javascript; charset=utf-8", text);
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    for_everybody(response)
}

fn for_everybody(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

impl WechatPay {
    /// Answers the script.
    pub(super) fn bridge(&mut self, request: &Request<Bytes>, desk: &mut Desk<'_>) -> Response<Bytes> {
        let answer = match *request.method() {
            Method::OPTIONS => preflight(),
            Method::POST => self.lead(request.body(), desk),
            _ => reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "POST"),
        };
        for_everybody(answer)
    }

    fn lead(&self, body: &[u8], desk: &mut Desk<'_>) -> Response<Bytes> {
        let Ok(question) = serde_json::from_slice::<Question>(body) else {
            let message = "expected {\"api\":…,\"params\":{…},\"since_ms\"?:N}";
            return reply::json_error(StatusCode::BAD_REQUEST, "invalid_question", message);
        };
        let led = match question.api.as_str() {
            "getBrandWCPayRequest" => self.lead_to_payment(&question, desk),
            "requestMerchantTransfer" => self.lead_to_transfer(&question),
            other => Err(refused("unknown_api", format!("the bridge has no {other:?}"))),
        };
        if question.since_ms.is_none() {
            note(&question.api, led.as_ref().map(|_| ()), desk);
        }
        match led {
            Ok(led) => reply::json(
                StatusCode::OK,
                &json!({
                    "cashier_url": desk.cashier_url(&led.token),
                    "result": led.result,
                    "since_ms": question.since_ms.unwrap_or(desk.now.business_ms),
                }),
            ),
            Err(refused) => reply::json_error(StatusCode::BAD_REQUEST, refused.code, &refused.message),
        }
    }

    fn lead_to_payment(&self, question: &Question, desk: &Desk<'_>) -> Result<Led, Refused> {
        let prepay_id = self.check_pay_sign(&question.params)?;
        let unknown = || refused("unknown_prepay_id", "no payment of this application has this prepay_id");
        let order = self.orders.by_prepay_id(&prepay_id).ok_or_else(unknown)?;
        if question.params.get("appId").and_then(Value::as_str) != Some(&order.contents.appid) {
            return Err(unknown());
        }
        if order.contents.channel != Channel::Jsapi {
            return Err(refused("not_jsapi", "this payment was not created for JSAPI"));
        }
        let code = order.codes.iter().find(|code| code.prepay_id == prepay_id).ok_or_else(unknown)?;
        let view = self.view_of_code(&code.token, desk.now).ok_or_else(unknown)?;
        let result = match question.since_ms {
            None if matches!(view.outcome, Outcome::Waiting { .. }) => "waiting",
            None => return Err(refused("not_payable", format!("this payment is {}", view.outcome.name()))),
            Some(since_ms) => how_it_went(order, view.outcome, since_ms),
        };
        Ok(Led { token: code.token.clone(), result })
    }

    /// The prepay_id that the page's parameters sign for.
    fn check_pay_sign(&self, params: &Value) -> Result<String, Refused> {
        let text = |name: &'static str| match params.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
            Some(_) => Err(refused("invalid_parameter", format!("{name} must be a string"))),
            None => Err(refused("invalid_parameter", format!("{name} is missing"))),
        };
        let (app_id, timestamp) = (text("appId")?, text("timeStamp")?);
        let (nonce, package) = (text("nonceStr")?, text("package")?);
        if text("signType")? != "RSA" {
            return Err(refused("invalid_parameter", "signType must be RSA"));
        }
        if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) || nonce.len() > 32 {
            return Err(refused(
                "invalid_parameter",
                "timeStamp must be seconds, nonceStr at most 32 characters",
            ));
        }
        let prepay_id = package
            .strip_prefix("prepay_id=")
            .ok_or_else(|| refused("invalid_parameter", "package must be prepay_id=…"))?;
        let mut merchants = self.keys.merchants.iter().map(|merchant| &merchant.wechat_pay);
        let account = merchants
            .find(|account| account.appid == app_id)
            .ok_or_else(|| refused("unknown_appid", "no application of this sandbox has this appId"))?;
        let signature = text("paySign")?;
        let expected = jsapi_text(app_id, timestamp, nonce, package);
        let key = account.merchant_key.public();
        if !key.verifies_sha256(&expected, signature) {
            let mistakes = pay_sign_mistakes(app_id, timestamp, nonce, package);
            return Err(Refused {
                code: "pay_sign",
                message: "支付验证签名失败: paySign does not fit; the request log says why".to_owned(),
                diagnosis: Some(doctor::explain(expected, signature, key, mistakes)),
            });
        }
        Ok(prepay_id.to_owned())
    }

    fn lead_to_transfer(&self, question: &Question) -> Result<Led, Refused> {
        let text = |name: &str| question.params.get(name).and_then(Value::as_str).unwrap_or_default();
        let transfer = self
            .transfers
            .by_package(text("package"))
            .filter(|transfer| transfer.mchid == text("mchId") && transfer.contents.appid == text("appId"));
        let unknown = || refused("unknown_package", "no transfer of this merchant has this package");
        let transfer = transfer.ok_or_else(unknown)?;
        if question.since_ms.is_none() && transfer.life != TransferLife::WaitUserConfirm {
            return Err(refused("not_confirmable", format!("this transfer is in {}", transfer.life.state())));
        }
        let result = how_the_transfer_went(transfer, question.since_ms);
        Ok(Led { token: transfer.token.clone(), result })
    }
}

/// How a payment went that was asked for at `since_ms`.
fn how_it_went(order: &Order, outcome: Outcome, since_ms: i64) -> &'static str {
    if matches!(order.life, Life::Success(_)) {
        "ok"
    } else if order.left_at_ms.is_some_and(|left_ms| left_ms >= since_ms) {
        "cancel"
    } else if matches!(outcome, Outcome::Waiting { .. }) {
        "waiting"
    } else {
        "fail"
    }
}

fn how_the_transfer_went(transfer: &Transfer, since_ms: Option<i64>) -> &'static str {
    let left = |since_ms| transfer.left_at_ms.is_some_and(|left_ms| left_ms >= since_ms);
    match transfer.life {
        TransferLife::Success => "ok",
        TransferLife::WaitUserConfirm if since_ms.is_some_and(left) => "cancel",
        TransferLife::WaitUserConfirm => "waiting",
        TransferLife::Fail { .. } | TransferLife::Canceling | TransferLife::Cancelled => "fail",
    }
}

fn preflight() -> Response<Bytes> {
    let mut response = reply::reply(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    response
}

fn note(api: &str, led: Result<(), &Refused>, desk: &mut Desk<'_>) {
    desk.log.add(Entry {
        at_ms: desk.now.business_ms,
        gateway: Some(Gateway::WechatPay),
        direction: Direction::Call,
        what: format!("WeixinJSBridge {}", api.chars().take(80).collect::<String>()),
        number: None,
        outcome: led.map_or_else(|refused| refused.code.to_owned(), |()| "→ cashier".to_owned()),
        fine: led.is_ok(),
        diagnosis: led.err().and_then(|refused| refused.diagnosis.clone()),
    });
}
