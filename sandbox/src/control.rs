//! How does a script see and steer the sandbox? (everything below `/sandbox/`, and the front page)

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::BusinessClock;
use crate::pages::{self, Lang};
use crate::reply;
use crate::world::{Moment, World};

/// How many payments the front page lists.
const LISTED: usize = 12;

/// The body of `POST /sandbox/clock`: exactly one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_ms: Option<i64>,
    set_ms: Option<i64>,
}

impl World {
    /// What an integration needs to know, ids and keys included.
    pub(crate) fn config_json(&self) -> Response<Bytes> {
        reply::json(StatusCode::OK, &self.config())
    }

    fn config(&self) -> Value {
        let alipay = self.keys.alipay.first().map(|merchant| {
            json!({
                "gateway_url": self.alipay_gateway_url(),
                "app_id": merchant.app_id,
                "seller_id": merchant.seller_id,
                "app_private_key": merchant.app_key.private_key_base64(),
                "app_public_key": merchant.app_key.public_key_base64(),
                "gateway_private_key": merchant.gateway_key.private_key_base64(),
                "gateway_public_key": merchant.gateway_key.public_key_base64(),
            })
        });
        json!({ "base_url": self.base_url, "alipay": alipay })
    }

    /// The address an Alipay SDK is to be given as its gateway.
    #[must_use]
    pub fn alipay_gateway_url(&self) -> String {
        format!("{}/gateway.do", self.base_url)
    }

    pub(crate) fn trades_json(&self, now: Moment) -> Response<Bytes> {
        let trades = self.alipay.trades_json(now.business_ms);
        reply::json(StatusCode::OK, &json!({ "trades": trades }))
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

    pub(crate) fn move_clock(&mut self, request: &Request<Bytes>, now: Moment) -> Response<Bytes> {
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
                self.clock_json(now)
            }
            None => refuse("business time must stay between 1970 and the end of 9999"),
        }
    }

    pub(crate) fn front_page(&self, request: &Request<Bytes>, now: Moment) -> Response<Bytes> {
        let view = pages::Front {
            merchants: &self.keys.alipay,
            gateway_url: self.alipay_gateway_url(),
            base_url: &self.base_url,
            business_ms: now.business_ms,
            offset_ms: self.clock.offset_ms(),
            bills: self.alipay.newest_bills(LISTED, now.business_ms),
            log: &self.log,
        };
        reply::page(StatusCode::OK, pages::front_page(Lang::of(request), &view))
    }
}
