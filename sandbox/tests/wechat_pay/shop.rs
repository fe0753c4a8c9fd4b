//! A merchant's own side: signs requests, checks answers, opens callbacks. Every text it signs or checks is
//! put together here, not by the engine.

use std::sync::OnceLock;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use coursepay_sandbox::{Answer, Callback, Keys, PublicKey, Random, Reply, World, wechat_pay};
use http::request::Builder;
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};

/// 2026-01-01 08:00:00 in Shanghai.
pub(crate) const START_MS: i64 = 1_767_225_600_000;
pub(crate) const SECOND_MS: i64 = 1000;
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
pub(crate) const NOTIFY_URL: &str = "http://127.0.0.1:9/notify";
pub(crate) const BASE_URL: &str = "http://sandbox.example";

/// Key generation is slow: once for all tests.
pub(crate) fn keys() -> Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::generate(&mut Random::from_seed([1; 32])).unwrap()).clone()
}

pub(crate) struct Shop {
    pub(crate) world: World,
    /// The real clock.
    pub(crate) now_ms: i64,
    /// Which merchant of the sandbox this is.
    pub(crate) place: usize,
    /// Sent as `Wechatpay-Serial`.
    pub(crate) platform_key: Option<String>,
}

/// A callback as its receiver sees it.
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// Decrypted.
    pub(crate) resource: Value,
    /// Whether the signature fits the key it names and the merchant knows.
    pub(crate) genuine: bool,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let world = World::new(BASE_URL, keys(), [2; 32]);
        Self { world, now_ms: START_MS, place: 0, platform_key: None }
    }

    pub(crate) fn account(&self) -> wechat_pay::Account {
        self.world.keys().merchants[self.place].wechat_pay.clone()
    }

    pub(crate) fn try_send(&mut self, request: Request<impl Into<Bytes>>) -> Reply {
        self.world.handle(&request.map(Into::into), self.now_ms)
    }

    pub(crate) fn send(&mut self, request: Request<impl Into<Bytes>>) -> Response<Bytes> {
        self.try_send(request).answer().expect("an answer")
    }

    pub(crate) fn get(&mut self, path: &str) -> Response<Bytes> {
        self.send(Request::get(path).body("").unwrap())
    }

    pub(crate) fn get_json(&mut self, path: &str) -> Value {
        read(&self.get(path))
    }

    pub(crate) fn post_json(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.send(Request::post(path).body(body.to_string()).unwrap());
        (response.status().as_u16(), read(&response))
    }

    pub(crate) fn advance(&mut self, by_ms: i64) {
        assert_eq!(self.post_json("/sandbox/clock", &json!({ "advance_ms": by_ms })).0, 200);
    }

    pub(crate) fn fault(&mut self, rule: Value) {
        let (status, answer) = self.post_json("/sandbox/faults", &rule);
        assert!((200..300).contains(&status), "{answer}");
    }

    pub(crate) fn settings(&mut self, change: Value) {
        assert_eq!(self.post_json("/sandbox/wechat_pay", &change).0, 200);
    }

    /// The text a request signs.
    pub(crate) fn text(&self, method: &str, target: &str, body: &str) -> String {
        format!("{method}\n{target}\n{}\n{NONCE}\n{body}\n", self.now_ms / 1000)
    }

    pub(crate) fn authorization(&self, text: &str) -> String {
        let account = self.account();
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{NONCE}\",signature=\"{}\",timestamp=\"{}\",serial_no=\"{}\"",
            account.mchid,
            account.merchant_key.sign_sha256(text),
            self.now_ms / 1000,
            account.merchant_certificate.serial_no,
        )
    }

    /// A request with the headers of an SDK but for `Authorization`.
    pub(crate) fn request(&self, method: &str, target: &str) -> Builder {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("accept", "application/json")
            .header("user-agent", "shop/1.0")
            .header("content-type", "application/json");
        match &self.platform_key {
            Some(id) => request.header("wechatpay-serial", id),
            None => request,
        }
    }

    /// A signed request.
    pub(crate) fn signed(&self, method: &str, target: &str, body: &str) -> Request<String> {
        let authorization = self.authorization(&self.text(method, target, body));
        self.request(method, target).header("authorization", authorization).body(body.to_owned()).unwrap()
    }

    /// One call by the book; status and body, the signature of a success checked.
    pub(crate) fn call(&mut self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let request = self.signed(method, target, body);
        let response = self.send(request);
        assert!(self.is_signed(response.headers(), response.body()), "{response:?}");
        (response.status().as_u16(), read(&response))
    }

    /// A call that succeeds.
    pub(crate) fn done(&mut self, method: &str, target: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.call(method, target, &body);
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    /// A call that is refused; status and code.
    pub(crate) fn refused(&mut self, method: &str, target: &str, body: &Value) -> (u16, String) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.call(method, target, &body);
        (status, answer["code"].as_str().unwrap_or_else(|| panic!("{status} {answer}")).to_owned())
    }

    /// Whether the five headers sign `body` with a key of the platform.
    pub(crate) fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let account = self.account();
        let key = match text("wechatpay-serial") {
            id if id == account.public_key_id => account.public_key.public().clone(),
            id if id == account.platform_certificate.serial_no => account.platform_key.public().clone(),
            _ => return false,
        };
        let body = std::str::from_utf8(body).unwrap();
        let signed = format!("{}\n{}\n{body}\n", text("wechatpay-timestamp"), text("wechatpay-nonce"));
        PublicKey::verifies_sha256(&key, &signed, text("wechatpay-signature"))
    }

    /// The body of a native order over 99.00.
    pub(crate) fn order(&self, number: &str) -> Value {
        let account = self.account();
        json!({
            "appid": account.appid,
            "mchid": account.mchid,
            "description": "Rust 入门 100% +1",
            "out_trade_no": number,
            "notify_url": NOTIFY_URL,
            "amount": { "total": 9900, "currency": "CNY" },
        })
    }

    /// Creates a native order; the cashier's path.
    pub(crate) fn native(&mut self, number: &str) -> String {
        let answer = self.done("POST", "/v3/pay/transactions/native", &self.order(number));
        path_of(&answer["code_url"])
    }

    /// A native order that is paid; WeChat Pay's number.
    pub(crate) fn paid(&mut self, number: &str) -> String {
        let cashier = self.native(number);
        assert_eq!(self.press(&cashier, "approve").0, 200);
        self.query(number)["transaction_id"].as_str().unwrap().to_owned()
    }

    /// Presses a cashier button as a script does; status and JSON.
    pub(crate) fn press(&mut self, cashier: &str, button: &str) -> (u16, Value) {
        let request = Request::post(format!("{cashier}/{button}")).header("accept", "application/json");
        let response = self.send(request.body("").unwrap());
        (response.status().as_u16(), read(&response))
    }

    pub(crate) fn query(&mut self, number: &str) -> Value {
        let target = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={}", self.account().mchid);
        let (_, answer) = self.call("GET", &target, "");
        answer
    }

    /// The trade_state of a query, or its code.
    pub(crate) fn state(&mut self, number: &str) -> String {
        let answer = self.query(number);
        answer.get("trade_state").or(answer.get("code")).unwrap().as_str().unwrap().to_owned()
    }

    /// Closes an order; status and body.
    pub(crate) fn close(&mut self, number: &str) -> (u16, Value) {
        let body = json!({ "mchid": self.account().mchid }).to_string();
        self.call("POST", &format!("/v3/pay/transactions/out-trade-no/{number}/close"), &body)
    }

    pub(crate) fn refund_body(&self, number: &str, refund: &str, fen: i64) -> Value {
        json!({
            "out_trade_no": number,
            "out_refund_no": refund,
            "reason": "不想要了",
            "notify_url": NOTIFY_URL,
            "amount": { "refund": fen, "total": 9900, "currency": "CNY" },
        })
    }

    pub(crate) fn refund(&mut self, number: &str, refund: &str, fen: i64) -> Value {
        self.done("POST", REFUNDS, &self.refund_body(number, refund, fen))
    }

    pub(crate) fn refund_query(&mut self, refund: &str) -> Value {
        self.done("GET", &format!("{REFUNDS}/{refund}"), &Value::Null)
    }

    /// Takes all that is due and answers each with `status`.
    pub(crate) fn deliver(&mut self, status: u16) -> Vec<Heard> {
        let due = self.world.due_callbacks(self.now_ms);
        due.into_iter()
            .map(|Callback { id, request }| {
                self.world.callback_answered(id, &Answer::Http { status, body: Vec::new() }, self.now_ms);
                self.hear(&request)
            })
            .collect()
    }

    /// What is due, taken and never answered.
    pub(crate) fn hear(&self, request: &Request<Bytes>) -> Heard {
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", NOTIFY_URL));
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let resource = serde_json::from_str(&self.open(&body["resource"])).unwrap();
        let genuine = self.is_signed(request.headers(), request.body());
        Heard { headers: request.headers().clone(), body, resource, genuine }
    }

    /// Decrypts what was sealed with the APIv3 key.
    pub(crate) fn open(&self, sealed: &Value) -> String {
        assert_eq!(sealed["algorithm"], "AEAD_AES_256_GCM");
        let text = |name: &str| sealed[name].as_str().unwrap();
        assert_eq!(text("nonce").len(), 12);
        let cipher = Aes256Gcm::new_from_slice(self.account().api_v3_key.as_bytes()).unwrap();
        let msg = BASE64.decode(text("ciphertext")).unwrap();
        let payload = Payload { msg: &msg, aad: text("associated_data").as_bytes() };
        let plain = cipher.decrypt(&Nonce::try_from(text("nonce").as_bytes()).unwrap(), payload).unwrap();
        String::from_utf8(plain).unwrap()
    }

    /// Encrypts a name for the platform.
    pub(crate) fn sealed_name(&self, name: &str, platform_key: &PublicKey) -> String {
        let PublicKey::Rsa(key) = platform_key else { panic!("a stand-in") };
        let mut random = Random::from_seed([9; 32]);
        let sealed = key.encrypt(&mut random, rsa::Oaep::new::<sha1::Sha1>(), name.as_bytes()).unwrap();
        BASE64.encode(sealed)
    }

    /// The openid of somebody in the merchant's application, as a login yields it.
    pub(crate) fn openid(&mut self) -> String {
        let account = self.account();
        let asked = format!(
            "/connect/oauth2/authorize?appid={}&redirect_uri=http%3A%2F%2Fshop.example%2F&response_type=code&scope=snsapi_base&state=s",
            account.appid
        );
        let back = self.get(&asked);
        let address = back.headers()["location"].to_str().unwrap().to_owned();
        let code = address.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let answer = self.get_json(&format!(
            "/sns/oauth2/access_token?appid={}&secret={}&code={code}&grant_type=authorization_code",
            account.appid, account.app_secret
        ));
        answer["openid"].as_str().unwrap().to_owned()
    }

    /// The newest line of the request log.
    pub(crate) fn logged(&mut self) -> Value {
        self.get_json("/sandbox/log.json")["log"][0].clone()
    }
}

pub(crate) const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
pub(crate) const REFUNDS: &str = "/v3/refund/domestic/refunds";
pub(crate) const TRANSFERS: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// JSON, or null for an empty body.
pub(crate) fn read(response: &Response<Bytes>) -> Value {
    if response.body().is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(response.body()).unwrap_or_else(|_| panic!("{response:?}"))
}

/// What follows the sandbox's address.
pub(crate) fn path_of(address: &Value) -> String {
    address.as_str().unwrap().strip_prefix(BASE_URL).unwrap().to_owned()
}
