//! Who pays inside WeChat? Somebody whose browser WeChat logs in, and shows its own cashier to.

use coursepay_core::api::{JsapiParams, StartWechatLogin, WechatLoginView};
use serde_json::{Value, json};

use crate::actors::shopper::Shopper;
use crate::message::{Answer, Ask};
use crate::setup::SCHOOL_ORIGIN;
use crate::target::Target;

/// Where the page of the course is.
pub fn page() -> String {
    format!("{SCHOOL_ORIGIN}/courses/rust-101?from=list")
}

/// Asks for the beginning of a login for the order, back to `return_url`.
pub async fn asks_to_log_in<T: Target>(shopper: &Shopper<'_, T>, order: &str, return_url: &str) -> Answer {
    let body = StartWechatLogin { return_url: return_url.to_owned() };
    shopper.ask(Ask::post(format!("/v1/orders/{order}/wechat_login")).json(&body)).await
}

/// Begins a login and goes through WeChat: the address that WeChat sends the browser back to, with its code.
///
/// # Panics
/// When Coursepay or WeChat does not let the browser go on.
pub async fn comes_back_with_a_code<T: Target>(target: &T, shopper: &Shopper<'_, T>, order: &str) -> String {
    let begun: WechatLoginView = asks_to_log_in(shopper, order, &page()).await.read(200);
    goes_to(target, &begun.url).await
}

/// Where WeChat sends a browser that comes to its page.
///
/// # Panics
/// When WeChat shows something else.
pub async fn goes_to<T: Target>(target: &T, url: &str) -> String {
    let back = Answer(target.call_sandbox(Ask::get("").to(url)).await);
    back.expect(302);
    back.header("location").expect("an address").to_owned()
}

/// The browser comes back to `address`.
pub async fn comes_back<T: Target>(target: &T, address: &str) -> Answer {
    Answer(target.call(Ask::get("").to(address)).await)
}

/// Logs the buyer of the order in.
///
/// # Panics
/// When the browser does not end where it began.
pub async fn logs_in<T: Target>(target: &T, shopper: &Shopper<'_, T>, order: &str) {
    let back = comes_back_with_a_code(target, shopper, order).await;
    let end = comes_back(target, &back).await;
    end.expect(302);
    assert_eq!(end.header("location"), Some(format!("{}&wechat_login=done", page()).as_str()));
}

/// The cashier that WeChat's bridge shows for what a page hands to it; it checks the signature.
pub async fn asks_the_bridge<T: Target>(target: &T, params: &JsapiParams) -> Answer {
    let question = json!({ "api": "getBrandWCPayRequest", "params": params });
    let ask = Ask::post("/sandbox/wechat_pay/jsapi").json(&question);
    Answer(target.call_sandbox(ask.to(&target.setup().sandbox_url)).await)
}

/// The address of that cashier.
///
/// # Panics
/// When the bridge refuses.
pub async fn cashier<T: Target>(target: &T, params: &JsapiParams) -> String {
    let led: Value = asks_the_bridge(target, params).await.read(200);
    led["cashier_url"].as_str().expect("an address").to_owned()
}
