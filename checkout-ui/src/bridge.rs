//! How does a page inside WeChat have its cashier shown?
//!
//! WeChat puts `WeixinJSBridge` into every page, sometimes after the page's own scripts have run, and says so with
//! an event (pay.weixin.qq.com, JSAPI 调起支付). What it answers is `get_brand_wcpay_request:ok`, `:cancel` or
//! `:fail`; none of it says that anything is paid.

use coursepay_core::api::JsapiParams;
use gloo_timers::callback::Timeout;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser::{Listener, document, window};
use crate::json::{field, object, text};
use crate::state::Bridge;

/// A page that WeChat has not given its bridge by then never gets it.
const PATIENCE_MS: u32 = 10_000;

#[wasm_bindgen]
extern "C" {
    /// `WeixinJSBridge`.
    type WeixinJsBridge;
    #[wasm_bindgen(method, catch)]
    fn invoke(this: &WeixinJsBridge, api: &str, params: &JsValue, answer: &Function) -> Result<(), JsValue>;
}

/// Shows WeChat's cashier for the payment that `params` name, and waits until it is gone.
pub(crate) async fn pay(params: &JsapiParams) -> Bridge {
    let Some(bridge) = bridge().await else { return Bridge::Failed };
    let params = object(&[
        ("appId", params.app_id.as_str().into()),
        ("timeStamp", params.time_stamp.as_str().into()),
        ("nonceStr", params.nonce_str.as_str().into()),
        ("package", params.package.as_str().into()),
        ("signType", params.sign_type.as_str().into()),
        ("paySign", params.pay_sign.as_str().into()),
    ]);
    let answer = until(|answered| {
        if bridge.invoke("getBrandWCPayRequest", &params, answered).is_err() {
            call(answered);
        }
    });
    match text(&answer.await, "err_msg").as_deref() {
        Some("get_brand_wcpay_request:ok") => Bridge::Ok,
        Some("get_brand_wcpay_request:cancel") => Bridge::Cancelled,
        _ => Bridge::Failed,
    }
}

/// The bridge, as soon as it is there.
async fn bridge() -> Option<WeixinJsBridge> {
    let find = || {
        let bridge = field(&window(), "WeixinJSBridge");
        bridge.is_object().then(|| bridge.unchecked_into())
    };
    if let Some(bridge) = find() {
        return Some(bridge);
    }
    let mut waiting = None;
    let ready = until(|ready| {
        let (event, patience) = (ready.clone(), ready.clone());
        let listener =
            document().map(|page| Listener::new(&page, "WeixinJSBridgeReady", move || call(&event)));
        waiting = Some((listener, Timeout::new(PATIENCE_MS, move || call(&patience))));
    });
    ready.await;
    drop(waiting);
    find()
}

/// What the function that `begin` is given is called with, once it is.
async fn until(mut begin: impl FnMut(&Function)) -> JsValue {
    let promise = Promise::new(&mut |resolve, _| begin(&resolve));
    JsFuture::from(promise).await.unwrap_or_default()
}

fn call(function: &Function) {
    // Settling a promise cannot fail.
    let _ = function.call0(&JsValue::UNDEFINED);
}
