//! What do a merchant, a buyer and a gateway do in the life of a payment? (played on a world, written down)

use bytes::Bytes;
use coursepay_sandbox::{Answer, Callback, Reply, World, shanghai_text};
use http::{Request, Response};
use serde_json::{Value, json};

/// One thing that happens from outside.
#[derive(Clone)]
pub(crate) enum Step {
    /// Somebody asks.
    Ask(Box<Request<Bytes>>),
    /// Whatever is due is sent and answered like this.
    Deliver { status: u16, body: &'static str },
}

/// Plays on a world at one moment and writes down what it did and what came of it.
pub(crate) struct Player {
    /// What it plays on.
    pub(crate) world: World,
    /// The real time.
    pub(crate) now_ms: i64,
    /// All it did.
    pub(crate) steps: Vec<Step>,
    /// All that came of it, byte for byte.
    pub(crate) trace: Vec<u8>,
}

const RECEIVER: &str = "http://127.0.0.1:9/callback";
const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";

impl Player {
    /// Nothing has happened yet.
    pub(crate) fn new(world: World, now_ms: i64) -> Self {
        Self { world, now_ms, steps: Vec::new(), trace: Vec::new() }
    }

    /// Plays steps that another player wrote down.
    pub(crate) fn replay(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Ask(request) => drop(self.world.handle(request, self.now_ms)),
                Step::Deliver { status, body } => drop(deliver(&mut self.world, self.now_ms, *status, body)),
            }
        }
    }

    /// Asks for something; an empty response when there is no answer.
    pub(crate) fn ask(&mut self, request: Request<String>) -> Response<Bytes> {
        let request = request.map(Bytes::from);
        self.steps.push(Step::Ask(Box::new(request.clone())));
        let response = match self.world.handle(&request, self.now_ms) {
            Reply::Answer(response) => response,
            Reply::Silence { hold_ms } => {
                self.trace.extend(format!("silence {hold_ms}\n").bytes());
                return Response::new(Bytes::new());
            }
        };
        self.trace.extend(format!("{:?} {:?}\n", response.status(), response.headers()).bytes());
        self.trace.extend(response.body());
        response
    }

    fn ask_json(&mut self, request: Request<String>) -> Value {
        serde_json::from_slice(self.ask(request).body()).unwrap_or_default()
    }

    /// What is due goes out and is answered.
    pub(crate) fn deliver(&mut self, status: u16, body: &'static str) {
        self.steps.push(Step::Deliver { status, body });
        for request in deliver(&mut self.world, self.now_ms, status, body) {
            self.trace.extend(format!("{} {:?}\n", request.uri(), request.headers()).bytes());
            self.trace.extend(request.body());
        }
    }

    /// The buyer's thumb.
    pub(crate) fn approve(&mut self, cashier_url: &str) {
        let path = cashier_url.split_once("sandbox.example").map_or(cashier_url, |(_, path)| path);
        let path = path.split('?').next().unwrap_or_default();
        let request = Request::post(format!("{path}/approve")).header("accept", "application/json");
        self.ask(request.body(String::new()).unwrap());
    }

    /// One call of `gateway.do`; the response object.
    pub(crate) fn alipay(&mut self, method: &str, biz_content: &Value) -> Value {
        let account = &self.world.keys().merchants[0].alipay;
        let mut params = vec![
            ("app_id", account.app_id.clone()),
            ("biz_content", biz_content.to_string()),
            ("charset", "utf-8".to_owned()),
            ("method", method.to_owned()),
            ("notify_url", RECEIVER.to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", shanghai_text(self.now_ms)),
            ("version", "1.0".to_owned()),
        ];
        let text: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        params.push(("sign", account.app_key.sign_sha256(&text.join("&"))));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let mut answer = self.ask_json(
            Request::post(format!("/gateway.do?{query}"))
                .header("content-type", FORM)
                .body(String::new())
                .unwrap(),
        );
        answer[format!("{}_response", method.replace('.', "_"))].take()
    }

    /// One call of WeChat Pay's API; an empty `body` is a GET.
    pub(crate) fn wechat_pay(&mut self, path: &str, body: &Value) -> Value {
        let account = &self.world.keys().merchants[0].wechat_pay;
        let (method, body) = if body.is_null() { ("GET", String::new()) } else { ("POST", body.to_string()) };
        let (timestamp, nonce) = (self.now_ms / 1000, format!("{:032}", self.steps.len()));
        let text = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n");
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",serial_no=\"{}\",signature=\"{}\"",
            account.mchid,
            account.merchant_certificate.serial_no,
            account.merchant_key.sign_sha256(&text),
        );
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("user-agent", "player")
            .header("wechatpay-serial", &account.public_key_id);
        self.ask_json(request.body(body).unwrap())
    }

    /// One call of Stripe's API; an empty `form` is a GET.
    pub(crate) fn stripe(&mut self, path: &str, form: &[(&str, &str)]) -> Value {
        let key = &self.world.keys().merchants[0].stripe.secret_key;
        let method = if form.is_empty() { "GET" } else { "POST" };
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.ask_json(request.body(body).unwrap())
    }

    /// Created, paid, told, asked about, refunded, asked about: at Alipay.
    pub(crate) fn alipay_lifecycle(&mut self, number: &str) {
        let order = json!({ "out_trade_no": number, "total_amount": "99.00", "subject": "水墨 + Rust 100%" });
        let code = self.alipay("alipay.trade.precreate", &order);
        self.approve(code["qr_code"].as_str().unwrap_or_default());
        self.deliver(200, "success");
        self.alipay("alipay.trade.query", &json!({ "out_trade_no": number }));
        let refund = json!({ "out_trade_no": number, "out_request_no": format!("{number}R"), "refund_amount": "33.00" });
        self.alipay("alipay.trade.refund", &refund);
        self.deliver(200, "success");
        self.alipay("alipay.trade.fastpay.refund.query", &refund);
    }

    /// The same at WeChat Pay.
    pub(crate) fn wechat_pay_lifecycle(&mut self, number: &str) {
        let account = &self.world.keys().merchants[0].wechat_pay;
        let (mchid, appid) = (account.mchid.clone(), account.appid.clone());
        let order = json!({
            "appid": appid, "mchid": mchid, "description": "水墨 + Rust & 100%", "out_trade_no": number,
            "notify_url": RECEIVER, "amount": { "total": 9900, "currency": "CNY" },
        });
        let code = self.wechat_pay("/v3/pay/transactions/native", &order);
        self.approve(code["code_url"].as_str().unwrap_or_default());
        self.deliver(204, "");
        self.wechat_pay(&format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}"), &Value::Null);
        let refund = json!({
            "out_trade_no": number, "out_refund_no": format!("{number}R"), "notify_url": RECEIVER,
            "amount": { "refund": 3300, "total": 9900, "currency": "CNY" },
        });
        self.wechat_pay("/v3/refund/domestic/refunds", &refund);
        self.deliver(204, "");
        self.wechat_pay(&format!("/v3/refund/domestic/refunds/{number}R"), &Value::Null);
    }

    /// A webhook endpoint at Stripe, for everything.
    pub(crate) fn stripe_endpoint(&mut self) {
        self.stripe("/v1/webhook_endpoints", &[("url", RECEIVER), ("enabled_events[0]", "*")]);
    }

    /// The same at Stripe.
    pub(crate) fn stripe_lifecycle(&mut self, number: &str) {
        let session = self.stripe(
            "/v1/checkout/sessions",
            &[
                ("mode", "payment"),
                ("line_items[0][price_data][currency]", "usd"),
                ("line_items[0][price_data][unit_amount]", "1990"),
                ("line_items[0][price_data][product_data][name]", "水墨 + Rust & 100%"),
                ("line_items[0][quantity]", "1"),
                ("client_reference_id", number),
                ("success_url", "http://127.0.0.1:9/done"),
            ],
        );
        self.approve(session["url"].as_str().unwrap_or_default());
        self.deliver(200, "");
        let path = format!("/v1/checkout/sessions/{}", session["id"].as_str().unwrap_or_default());
        let paid = self.stripe(&path, &[]);
        let intent = paid["payment_intent"].as_str().unwrap_or_default().to_owned();
        let refund = self.stripe("/v1/refunds", &[("payment_intent", &intent), ("amount", "990")]);
        self.deliver(200, "");
        self.stripe(&format!("/v1/refunds/{}", refund["id"].as_str().unwrap_or_default()), &[]);
    }
}

fn deliver(world: &mut World, now_ms: i64, status: u16, body: &str) -> Vec<Request<Bytes>> {
    let due = world.due_callbacks(now_ms).into_iter();
    due.map(|Callback { id, request }| {
        let answer = Answer::Http { status, body: body.as_bytes().to_vec() };
        world.callback_answered(id, &answer, now_ms);
        request
    })
    .collect()
}
