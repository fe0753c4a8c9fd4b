//! How does a script see and steer the sandbox? (everything below `/sandbox/`, the mailbox, and the pages)

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock::BusinessClock;
use crate::desk::Moment;
use crate::faults::NewRule;
use crate::merchant::Merchant;
use crate::world::World;
use crate::{mailbox, pages, reply};

/// The body of `POST /sandbox/clock`: exactly one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_ms: Option<i64>,
    set_ms: Option<i64>,
}

impl World {
    /// Answers whatever is no gateway's and no cashier's.
    pub(crate) fn control(&mut self, request: &Request<Bytes>, now: Moment) -> Response<Bytes> {
        // Whoever only wants to know whether the sandbox is there may ask with HEAD.
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let path = request.uri().path();
        match (method.as_str(), path) {
            ("GET", "/sandbox/config.json") => reply::json(StatusCode::OK, &self.config()),
            ("GET", "/sandbox/payments.json") => self.payments_json(now),
            ("GET", "/sandbox/callbacks.json") => {
                list("callbacks", self.courier.newest_first().map(crate::courier::Notice::json))
            }
            ("GET", "/sandbox/log.json") => list("log", self.log.newest_first().map(crate::log::Entry::json)),
            ("GET", "/sandbox/emails.json") => reply::json(StatusCode::OK, &self.mailbox.json()),
            ("POST", mailbox::PATH) => self.mailbox.send(request, now, &mut self.random),
            ("GET", "/sandbox/clock") => self.clock_json(now),
            ("POST", "/sandbox/clock") => self.move_clock(request, now),
            ("GET", "/sandbox/faults") => {
                reply::json(StatusCode::OK, &json!({ "faults": self.faults.rules() }))
            }
            ("POST", "/sandbox/faults") => self.add_fault(request),
            ("DELETE", "/sandbox/faults") => self.remove_fault(None),
            ("DELETE", path) if path.starts_with("/sandbox/faults/") => {
                match path.trim_start_matches("/sandbox/faults/").parse() {
                    Ok(id) => self.remove_fault(Some(id)),
                    Err(_) => unknown_fault(),
                }
            }
            _ => self.pages(request, method, now).unwrap_or_else(|| not_found(path)),
        }
    }

    /// What an integration needs to know, ids and keys included.
    fn config(&self) -> Value {
        let merchants: Vec<Value> =
            self.keys.merchants.iter().map(|merchant| Value::Object(self.config_of(merchant))).collect();
        let mut config = Map::new();
        config.insert("base_url".to_owned(), json!(self.base_url));
        // Most need one merchant: its settings stand at the top.
        for gateway in ["alipay", "wechat_pay", "stripe"] {
            let first = merchants.first().and_then(|merchant| merchant.get(gateway)).cloned();
            config.insert(gateway.to_owned(), first.unwrap_or_default());
        }
        config.insert("merchants".to_owned(), Value::Array(merchants));
        Value::Object(config)
    }

    fn config_of(&self, merchant: &Merchant) -> Map<String, Value> {
        [
            ("id", json!(merchant.id)),
            ("name", json!(merchant.name)),
            ("email", json!(merchant.email)),
            ("alipay", merchant.alipay.config(&self.base_url)),
            ("wechat_pay", merchant.wechat_pay.config(&self.base_url)),
            ("stripe", merchant.stripe.config(&self.base_url)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }

    fn payments_json(&self, now: Moment) -> Response<Bytes> {
        let payment = |view: crate::cashier::PaymentView| {
            let callbacks: Vec<Value> =
                self.courier.about(&view.token).map(crate::courier::Notice::json).collect();
            let mut payment = view.json(&self.base_url);
            if let Some(members) = payment.as_object_mut() {
                members.insert("callbacks".to_owned(), Value::Array(callbacks));
            }
            payment
        };
        list("payments", self.gateways.views(now).into_iter().map(payment))
    }

    pub(crate) fn clock_json(&self, now: Moment) -> Response<Bytes> {
        reply::json(
            StatusCode::OK,
            &json!({
                "real_ms": now.real_ms,
                "business_ms": self.clock.business_ms(now.real_ms),
                "offset_ms": self.clock.offset_ms(),
            }),
        )
    }

    fn move_clock(&mut self, request: &Request<Bytes>, now: Moment) -> Response<Bytes> {
        let refuse = |message: &str| reply::json_error(StatusCode::BAD_REQUEST, "invalid_clock", message);
        let moved = match serde_json::from_slice(request.body()) {
            Ok(MoveClock { advance_ms: Some(by_ms), set_ms: None }) => {
                self.clock.advanced(by_ms, now.real_ms)
            }
            Ok(MoveClock { advance_ms: None, set_ms: Some(at_ms) }) => {
                BusinessClock::showing(at_ms, now.real_ms)
            }
            Ok(_) => return refuse("give exactly one of advance_ms and set_ms"),
            Err(error) => {
                return refuse(&format!("expected {{\"advance_ms\":N}} or {{\"set_ms\":N}}: {error}"));
            }
        };
        match moved {
            Some(clock) => {
                self.set_clock(clock);
                self.wake(self.moment(now.real_ms));
                self.clock_json(now)
            }
            None => refuse("business time must stay between 1970 and the end of 9999"),
        }
    }

    fn add_fault(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let added = serde_json::from_slice::<NewRule>(request.body())
            .map_err(|error| format!("expected a rule such as {{\"fault\":\"callback_lost\"}}: {error}"))
            .and_then(|rule| self.faults.add(rule));
        match added {
            Ok(rule) => reply::json(StatusCode::CREATED, &json!(rule)),
            Err(mistake) => reply::json_error(StatusCode::BAD_REQUEST, "invalid_fault", &mistake),
        }
    }

    fn remove_fault(&mut self, id: Option<u64>) -> Response<Bytes> {
        if self.faults.remove(id) || id.is_none() {
            reply::json(StatusCode::OK, &json!({ "faults": self.faults.rules() }))
        } else {
            unknown_fault()
        }
    }
}

fn list(name: &str, values: impl Iterator<Item = Value>) -> Response<Bytes> {
    reply::json(StatusCode::OK, &json!({ name: values.collect::<Vec<_>>() }))
}

fn unknown_fault() -> Response<Bytes> {
    reply::json_error(StatusCode::NOT_FOUND, "unknown_fault", "no rule has this id")
}

/// Nothing is here, or nothing for this method.
fn not_found(path: &str) -> Response<Bytes> {
    const PATHS: [&str; 8] = [
        mailbox::PATH,
        "/sandbox/config.json",
        "/sandbox/payments.json",
        "/sandbox/callbacks.json",
        "/sandbox/log.json",
        "/sandbox/emails.json",
        "/sandbox/clock",
        "/sandbox/faults",
    ];
    if PATHS.contains(&path) || pages::PATHS.contains(&path) {
        reply::json_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "another method is expected here",
        )
    } else {
        reply::json_error(StatusCode::NOT_FOUND, "not_found", "the sandbox has nothing at this path")
    }
}
