//! A school on a free port, its clock, and the parties that talk to it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use coursepay_school::{School, Settings, router};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW_MS: i64 = 1_767_225_600_000;
pub(crate) const TOKEN_SECRET: &str = "a checkout token secret of the tests";
pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
pub(crate) const NEXT_SECRET: &str = "whsec_emV5eHd2dXRzcnFwb25tbGtqaWhnZmVkY2Jh";
pub(crate) const PAY_ORIGIN: &str = "http://pay.localhost:8787";

pub(crate) fn settings(coursepay_url: &str) -> Settings {
    Settings::read(|name| {
        Some(match name {
            "COURSEPAY_URL" => coursepay_url.to_owned(),
            "COURSEPAY_PUBLIC_URL" => PAY_ORIGIN.to_owned(),
            "CHECKOUT_TOKEN_KID" => "k1".to_owned(),
            "CHECKOUT_TOKEN_SECRET" => TOKEN_SECRET.to_owned(),
            "WEBHOOK_SECRET" => format!("{SECRET},{NEXT_SECRET}"),
            _ => return None,
        })
    })
    .unwrap()
}

pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    clock: Arc<AtomicI64>,
    folder: Arc<TempDir>,
}

impl Site {
    /// A school that has sold nothing, beside a Worker that is down.
    pub(crate) async fn open() -> Self {
        Self::open_beside("http://127.0.0.1:1").await
    }

    pub(crate) async fn open_beside(coursepay_url: &str) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        Self::start(coursepay_url, folder).await
    }

    /// Another process, so to speak, on the same state.
    pub(crate) async fn restarted(&self) -> Self {
        Self::start("http://127.0.0.1:1", Arc::clone(&self.folder)).await
    }

    async fn start(coursepay_url: &str, folder: Arc<TempDir>) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW_MS));
        let now = Arc::clone(&clock);
        let school = School::open(
            settings(coursepay_url),
            folder.path(),
            Arc::new(move || now.load(Ordering::SeqCst)),
        )
        .unwrap();
        let url = serve(router(school)).await;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { url, client, clock, folder }
    }

    pub(crate) fn state_folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn advance_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) async fn get(&self, path: &str, cookie: Option<&str>) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.url));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn page(&self, path: &str, cookie: Option<&str>) -> String {
        self.get(path, cookie).await.text().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str, cookie: Option<&str>) -> Value {
        self.get(path, cookie).await.json().await.unwrap()
    }

    /// Logs in; gives the cookie to send from then on.
    pub(crate) async fn log_in(&self, learner: &str) -> String {
        let answer = self
            .client
            .post(format!("{}/login", self.url))
            .form(&[("user", learner), ("next", "/courses/rust-101")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()["location"], "/courses/rust-101");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn deliver(&self, webhook: &Webhook) -> reqwest::Response {
        let mut request = self
            .client
            .post(format!("{}/webhooks/coursepay", self.url))
            .header("content-type", "application/json")
            .body(webhook.body.clone());
        for (name, value) in [
            ("webhook-id", &webhook.id),
            ("webhook-timestamp", &webhook.timestamp),
            ("webhook-signature", &webhook.signature),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn is_unlocked(&self, user: &str, course: &str) -> bool {
        self.json(&format!("/api/unlocked?user={user}&course={course}"), None).await["unlocked"]
            .as_bool()
            .unwrap()
    }
}

pub(crate) async fn serve(app: axum::Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

/// A delivery as Coursepay sends it; tests bend it.
#[derive(Clone)]
pub(crate) struct Webhook {
    pub(crate) id: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) body: String,
}

impl Webhook {
    pub(crate) fn signed(secret: &str, id: &str, at_ms: i64, body: &Value) -> Self {
        let body = body.to_string();
        let timestamp = (at_ms / 1000).to_string();
        Self {
            signature: Some(sign(secret, id, &timestamp, &body)),
            id: Some(id.to_owned()),
            timestamp: Some(timestamp),
            body,
        }
    }

    /// `order` of `course` has been paid by `user` or by a guest.
    pub(crate) fn order_paid(id: &str, order: &str, user: Option<&str>, course: &str) -> Self {
        Self::signed(SECRET, id, NOW_MS, &order_paid(order, user, course))
    }
}

pub(crate) fn sign(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

pub(crate) fn order_paid(order: &str, user: Option<&str>, course: &str) -> Value {
    json!({
        "type": "order.paid",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": {"order": {
            "id": order, "user": user, "currency": "CNY", "total_minor": 9900,
            "paid_at_ms": NOW_MS, "sequence": 4, "head_hash": "ab".repeat(32),
            "lines": [{"product": course, "title": "Sold under this title", "kind": "course", "net_minor": 9900}],
            "payment": {"attempt": "01KDVQ00000000000000000000", "method": "alipay", "channel": "qr"},
        }},
    })
}
