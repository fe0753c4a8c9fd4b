//! A merchant's own side: calls the API, checks signatures, reads events. What it checks by is written here, not
//! taken from the engine.

use bytes::Bytes;
use coursepay_sandbox::{Answer, Callback, Keys, Random, Reply, World, stripe};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, Response};
use serde_json::{Value, json};
use sha2::Sha256;

/// 2026-01-01 00:00:00 UTC.
pub(crate) const START_MS: i64 = 1_767_225_600_000;
pub(crate) const SECOND_MS: i64 = 1_000;
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

const BASE_URL: &str = "http://sandbox.example";

pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) now_ms: i64,
}

/// A call's answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and `error.code`.
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.json["error"]["code"].as_str().unwrap_or_default())
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json
    }
}

/// A webhook as received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
    pub(crate) event: Value,
}

impl Received {
    pub(crate) fn kind(&self) -> &str {
        self.event["type"].as_str().unwrap()
    }

    pub(crate) fn object(&self) -> &Value {
        &self.event["data"]["object"]
    }

    pub(crate) fn signed_at_s(&self) -> i64 {
        let (time, _) = self.signature.split_once(',').unwrap();
        time.strip_prefix("t=").unwrap().parse().unwrap()
    }

    pub(crate) fn signatures(&self) -> usize {
        self.signature.matches(",v1=").count()
    }

    /// Whether any `v1` was made with this secret.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}.", self.signed_at_s()).as_bytes());
        mac.update(&self.body);
        let expected = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        self.signature.split(',').any(|part| part == expected)
    }
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self::with_seed([2; 32])
    }

    pub(crate) fn with_seed(seed: [u8; 32]) -> Self {
        let keys = Keys::stand_in(&mut Random::from_seed([1; 32])).unwrap();
        Self { world: World::new(BASE_URL, keys, seed), now_ms: START_MS }
    }

    pub(crate) fn account(&self) -> stripe::Account {
        self.world.keys().merchants[0].stripe.clone()
    }

    pub(crate) fn try_send(&mut self, request: Request<String>) -> Reply {
        self.world.handle(&request.map(Bytes::from), self.now_ms)
    }

    #[track_caller]
    pub(crate) fn send(&mut self, request: Request<String>) -> Got {
        let response: Response<Bytes> = self.try_send(request).answer().expect("an answer");
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        Got {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            json: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }

    /// A request by the first merchant, with further headers.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        body: &str,
        more: &[(&str, &str)],
    ) -> Request<String> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.account().secret_key));
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request.body(body.to_owned()).unwrap()
    }

    #[track_caller]
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Got {
        self.post_with(path, body, &[])
    }

    #[track_caller]
    pub(crate) fn post_with(&mut self, path: &str, body: &str, headers: &[(&str, &str)]) -> Got {
        let request = self.request("POST", path, body, headers);
        self.send(request)
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Got {
        self.get_with(path, &[])
    }

    #[track_caller]
    pub(crate) fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Got {
        let request = self.request("GET", path, "", headers);
        self.send(request)
    }

    /// A step of the sandbox's own.
    pub(crate) fn steer(&mut self, path: &str, body: &Value) -> Got {
        self.send(Request::post(path).body(body.to_string()).unwrap())
    }

    #[track_caller]
    pub(crate) fn fault(&mut self, rule: &Value) {
        let got = self.steer("/sandbox/faults", rule);
        assert!((200..300).contains(&got.status), "{}", got.text);
    }

    pub(crate) fn advance(&mut self, by_ms: i64) {
        let got = self.steer("/sandbox/clock", &json!({ "advance_ms": by_ms }));
        assert_eq!(got.status, 200, "{}", got.text);
    }

    /// 50.00 US dollars under a number.
    pub(crate) fn order(number: &str) -> String {
        format!(
            "mode=payment&success_url=https://shop.example/ok?s={{CHECKOUT_SESSION_ID}}&client_reference_id={number}\
             &line_items[0][quantity]=2&line_items[0][price_data][currency]=usd\
             &line_items[0][price_data][unit_amount]=2500&line_items[0][price_data][product_data][name]=Rust+101"
        )
    }

    /// An open session.
    #[track_caller]
    pub(crate) fn session(&mut self, number: &str) -> Value {
        self.session_with(number, "")
    }

    #[track_caller]
    pub(crate) fn session_with(&mut self, number: &str, more: &str) -> Value {
        self.post("/v1/checkout/sessions", &format!("{}{more}", Self::order(number))).ok()
    }

    /// A session's button; status and JSON.
    #[track_caller]
    pub(crate) fn press(&mut self, session: &Value, button: &str) -> Got {
        let path = format!("/c/pay/{}/{button}", id(session));
        self.send(Request::post(path).header("accept", "application/json").body(String::new()).unwrap())
    }

    /// A session that has been paid, with its payment intent expanded.
    #[track_caller]
    pub(crate) fn paid(&mut self, number: &str) -> Value {
        self.paid_with(number, "")
    }

    #[track_caller]
    pub(crate) fn paid_with(&mut self, number: &str, more: &str) -> Value {
        let session = self.session_with(number, more);
        self.press(&session, "approve").ok();
        self.reread(&session)
    }

    #[track_caller]
    pub(crate) fn reread(&mut self, session: &Value) -> Value {
        let expand = "expand[]=payment_intent.latest_charge";
        self.get(&format!("/v1/checkout/sessions/{}?{expand}", id(session))).ok()
    }

    /// A webhook endpoint; its secret.
    #[track_caller]
    pub(crate) fn endpoint(&mut self, kinds: &[&str]) -> Value {
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("&enabled_events[]={kind}")).collect();
        let body = format!("url=http://127.0.0.1:9/hook{}", kinds.concat());
        self.post("/v1/webhook_endpoints", &body).ok()
    }

    /// Takes all that is due and answers each with a status.
    pub(crate) fn deliver(&mut self, status: u16) -> Vec<Received> {
        let due = self.world.due_callbacks(self.now_ms);
        due.into_iter()
            .map(|Callback { id, request }| {
                let answer = Answer::Http { status, body: Vec::new() };
                self.world.callback_answered(id, &answer, self.now_ms);
                let body = request.body().to_vec();
                Received {
                    signature: request.headers()["stripe-signature"].to_str().unwrap().to_owned(),
                    event: serde_json::from_slice(&body).unwrap(),
                    body,
                }
            })
            .collect()
    }

    /// The kinds of all that is due, in the order it comes.
    pub(crate) fn delivered(&mut self) -> Vec<String> {
        self.deliver(200).iter().map(|received| received.kind().to_owned()).collect()
    }
}

pub(crate) fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

pub(crate) fn intent(session: &Value) -> &str {
    id(&session["payment_intent"])
}

pub(crate) fn charge(session: &Value) -> &str {
    id(&session["payment_intent"]["latest_charge"])
}
