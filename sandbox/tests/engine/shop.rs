//! A merchant's own side: signs requests, checks answers, reads notifies. Every text it signs or checks is
//! put together here, not by the engine.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use coursepay_sandbox::{Answer, Callback, Keys, Random, Reply, World, alipay, shanghai_text};
use http::{Request, Response};
use serde_json::{Value, json};

/// 2026-01-01 08:00:00 in Shanghai.
pub(crate) const START_MS: i64 = 1_767_225_600_000;
pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
/// How long a trade can be refunded.
pub(crate) const WINDOW_MS: i64 = 365 * DAY_MS;
pub(crate) const NOTIFY_URL: &str = "http://127.0.0.1:9/notify";

/// Key generation is slow: once for all tests.
pub(crate) fn keys() -> Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::generate(&mut Random::from_seed([1; 32])).unwrap()).clone()
}

pub(crate) type Params = BTreeMap<String, String>;

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) now_ms: i64,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self { world: World::new("http://sandbox.example", keys(), [2; 32]), now_ms: START_MS }
    }

    /// With signatures that cost nothing, for tests of thousands of calls.
    pub(crate) fn stand_in() -> Self {
        let keys = Keys::stand_in(&mut Random::from_seed([1; 32])).unwrap();
        Self { world: World::new("http://sandbox.example", keys, [2; 32]), now_ms: START_MS }
    }

    pub(crate) fn merchant(&self) -> alipay::Account {
        self.world.keys().merchants[0].alipay.clone()
    }

    pub(crate) fn send(&mut self, request: Request<impl Into<Bytes>>) -> Response<Bytes> {
        self.try_send(request).answer().expect("an answer")
    }

    /// Sends what may stay without an answer.
    pub(crate) fn try_send(&mut self, request: Request<impl Into<Bytes>>) -> Reply {
        self.world.handle(&request.map(Into::into), self.now_ms)
    }

    pub(crate) fn get(&mut self, path: &str) -> Response<Bytes> {
        self.send(Request::get(path).body("").unwrap())
    }

    pub(crate) fn get_json(&mut self, path: &str) -> Value {
        serde_json::from_slice(self.get(path).body()).unwrap()
    }

    /// Presses a cashier button as a script does; status and JSON.
    pub(crate) fn press(&mut self, cashier: &str, button: &str) -> (u16, Value) {
        let request = Request::post(format!("{cashier}/{button}")).header("accept", "application/json");
        let response = self.send(request.body("").unwrap());
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    pub(crate) fn move_clock(&mut self, body: &str) -> (u16, Value) {
        let response = self.send(Request::post("/sandbox/clock").body(body.to_owned()).unwrap());
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    /// The public parameters of a call, not yet signed.
    pub(crate) fn params(&self, method: &str, biz_content: &Value) -> Params {
        [
            ("app_id", self.merchant().app_id.as_str()),
            ("method", method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &shanghai_text(self.now_ms)),
            ("version", "1.0"),
            ("notify_url", NOTIFY_URL),
            ("biz_content", &biz_content.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Signs as an application does and sends: public parameters in the query, biz_content in the body.
    pub(crate) fn send_signed(&mut self, mut params: Params) -> Response<Bytes> {
        let signature = self.merchant().app_key.sign_sha256(&text_of(&params));
        params.insert("sign".to_owned(), signature);
        self.send_params(params)
    }

    pub(crate) fn send_params(&mut self, mut params: Params) -> Response<Bytes> {
        let body: Params = params.remove_entry("biz_content").into_iter().collect();
        let request = Request::post(format!("/gateway.do?{}", form(&params)))
            .header("content-type", "application/x-www-form-urlencoded;charset=utf-8");
        self.send(request.body(form(&body)).unwrap())
    }

    /// The public parameters of a call in certificate mode.
    pub(crate) fn certified_params(&self, method: &str, biz_content: &Value) -> Params {
        let mut params = self.params(method, biz_content);
        let merchant = self.merchant();
        params.insert("app_cert_sn".to_owned(), merchant.app_cert.alipay_sn);
        params.insert("alipay_root_cert_sn".to_owned(), merchant.root_cert.alipay_sn);
        params
    }

    /// One call in certificate mode; the response object, its signature checked.
    pub(crate) fn certified_call(&mut self, method: &str, biz_content: &Value) -> Value {
        let response = self.send_signed(self.certified_params(method, biz_content));
        self.checked(method, &response)
    }

    /// One call by the book; the response object, its signature checked.
    pub(crate) fn call(&mut self, method: &str, biz_content: &Value) -> Value {
        let response = self.send_signed(self.params(method, biz_content));
        self.checked(method, &response)
    }

    /// Cuts the response object out of the raw text and checks the signature over it.
    pub(crate) fn checked(&self, method: &str, response: &Response<Bytes>) -> Value {
        assert_eq!(response.status(), 200);
        let body = std::str::from_utf8(response.body()).unwrap();
        let start = format!("{{\"{}_response\":", method.replace('.', "_"));
        let rest = body.strip_prefix(&start).unwrap_or_else(|| panic!("{body}"));
        let (signed, signature) = rest.rsplit_once(",\"sign\":\"").unwrap();
        let signature = signature.strip_suffix("\"}").unwrap();
        let merchant = self.merchant();
        let certificate = format!(",\"alipay_cert_sn\":\"{}\"", merchant.gateway_cert.alipay_sn);
        let object = signed.strip_suffix(&certificate).unwrap_or(signed);
        assert!(merchant.gateway_key.public().verifies_sha256(object, signature), "{body}");
        serde_json::from_str(object).unwrap()
    }

    /// Asks for a QR code; the cashier's path.
    pub(crate) fn precreate(&mut self, number: &str) -> String {
        let answer = self.call("alipay.trade.precreate", &self.order(number));
        assert_eq!(answer["code"], "10000", "{answer}");
        let address = answer["qr_code"].as_str().unwrap();
        address.strip_prefix("http://sandbox.example").unwrap().to_owned()
    }

    /// A payment of 99.00, made and told; its cashier's path.
    pub(crate) fn paid(&mut self, number: &str) -> String {
        let cashier = self.precreate(number);
        assert_eq!(self.press(&cashier, "approve").0, 200);
        assert_eq!(self.deliver(200, "success").len(), 1);
        cashier
    }

    /// Asks for a refund under a number of its own.
    pub(crate) fn refund(&mut self, number: &str, refund_number: &str, amount: &str) -> Value {
        let order =
            json!({ "out_trade_no": number, "out_request_no": refund_number, "refund_amount": amount });
        self.call("alipay.trade.refund", &order)
    }

    pub(crate) fn refund_query(&mut self, number: &str, refund_number: &str) -> Value {
        let order = json!({
            "out_trade_no": number,
            "out_request_no": refund_number,
            "query_options": ["gmt_refund_pay"],
        });
        self.call("alipay.trade.fastpay.refund.query", &order)
    }

    /// Sets a fault.
    pub(crate) fn fault(&mut self, rule: &Value) {
        let response = self.send(Request::post("/sandbox/faults").body(rule.to_string()).unwrap());
        assert_eq!(response.status(), 201, "{}", text(&response));
    }

    /// Half an hour to pay 99.00.
    pub(crate) fn order(&self, number: &str) -> Value {
        json!({
            "out_trade_no": number,
            "total_amount": "99.00",
            "subject": "Rust 入门 100% +1",
            "time_expire": shanghai_text(self.now_ms + 30 * MINUTE_MS),
        })
    }

    pub(crate) fn query(&mut self, number: &str) -> Value {
        self.call("alipay.trade.query", &json!({ "out_trade_no": number }))
    }

    pub(crate) fn close(&mut self, number: &str) -> Value {
        self.call("alipay.trade.close", &json!({ "out_trade_no": number }))
    }

    /// The trade_status of a query, or its sub_code.
    pub(crate) fn status(&mut self, number: &str) -> String {
        let answer = self.query(number);
        let status = answer.get("trade_status").or(answer.get("sub_code")).unwrap();
        status.as_str().unwrap().to_owned()
    }

    /// Takes all that is due and answers each with status and body. The parameters received.
    pub(crate) fn deliver(&mut self, status: u16, body: &str) -> Vec<Params> {
        let due = self.world.due_callbacks(self.now_ms);
        due.into_iter()
            .map(|Callback { id, request }| {
                let answer = Answer::Http { status, body: body.as_bytes().to_vec() };
                self.world.callback_answered(id, &answer, self.now_ms);
                form_urlencoded::parse(request.body()).into_owned().collect()
            })
            .collect()
    }

    /// Whether the gateway signed these parameters of a notify or a return.
    pub(crate) fn is_signed_by_gateway(&self, params: &Params) -> bool {
        let mut signed = params.clone();
        let signature = signed.remove("sign").unwrap();
        signed.remove("sign_type");
        self.merchant().gateway_key.public().verifies_sha256(&text_of(&signed), &signature)
    }
}

/// `k=v&k=v`, sorted, empty values left out.
pub(crate) fn text_of(params: &Params) -> String {
    let pairs: Vec<String> = params
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

pub(crate) fn form(params: &Params) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

pub(crate) fn location(response: &Response<Bytes>) -> &str {
    response.headers()["location"].to_str().unwrap()
}

pub(crate) fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}
