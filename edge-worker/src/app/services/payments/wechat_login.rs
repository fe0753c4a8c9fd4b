//! How does a buyer inside WeChat say who they are, and how is nobody else taken for them?
//!
//! The page asks for an address, with the order's token or the learner's own, and sends the browser there. WeChat
//! sends it on to [`end_login`] with a code, which is exchanged for the openid of whoever holds the phone, and
//! the browser goes back to the page.
//!
//! Nothing is kept in between, and no cookie ties the end to the beginning. What does is the state: an HMAC, under
//! a key of its own, over the order, the deadline and the page, all of which travel in the address that WeChat
//! comes back to. Made up, altered, of another order or too late, it does not hold. It is only ever made for
//! somebody who may pay the order, so nobody binds their openid to an order of somebody else. What it cannot
//! prevent is that somebody lures another person into ending a login that they began for their own order: then
//! the other's openid is noted with *their* buyer. It is shown to nobody, and all that can be done with it is
//! what anybody can do by showing a QR code: ask that person to pay, in their own WeChat, which names payee and
//! amount and asks for their password. Another login takes its place.
//!
//! A code works once: WeChat sees to that. Code, secret, access token and openid are written to no log.

use coursepay_core::api::{StartWechatLogin, WechatLoginView};
use coursepay_core::gateway::Message;
use coursepay_core::gateway::wechat_pay::login::{Exchanged, read_exchange};
use coursepay_core::id::OrderId;
use coursepay_core::method::GatewayId;
use coursepay_core::order::{OrderState, Refusal};
use coursepay_core::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::Url;

use crate::app::App;
use crate::app::config::{Config, WechatLogin};
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::gateways;
use crate::app::ports::World;
use crate::app::secrets::{self, Purpose};
use crate::app::services::orders::{buyers, load_for_caller};
use crate::app::services::payments::return_address;
use crate::app::telemetry;

/// How long the way through WeChat may take. It asks nobody anything.
const LONGEST_MS: i64 = 10 * 60 * 1_000;

/// How the page is told, in its own address.
const OUTCOME: &str = "wechat_login";

/// The configured login.
///
/// # Errors
/// 503 when WeChat Pay or its login is off.
pub(super) fn configured<'a, W>(app: &App<'a, W>) -> Result<&'a WechatLogin, ApiError> {
    gateways::party(app, GatewayId::WechatPay)?;
    let missing = || ApiError::new(Code::GatewayOff, "WECHAT_PAY_APP_SECRET is missing.");
    match &app.config.wechat_login {
        Ok(login) => login.as_ref().ok_or_else(missing),
        Err(flaw) => Err(ApiError::new(Code::GatewayOff, format!("{} is {}.", flaw.variable, flaw.problem))),
    }
}

/// What a login is about. All of it comes back from WeChat, and the state proves it.
struct Claim {
    order: OrderId,
    expires_at: Timestamp,
    /// Where the browser goes in the end.
    return_url: String,
}

/// `POST /v1/orders/{id}/wechat_login`: 200 with the address to send the browser to.
pub(in crate::app::services) async fn start_login<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let StartWechatLogin { return_url } = call.json()?;
    let return_url = return_address(app, &return_url)?;
    let order = load_for_caller(app, call).await?.order;
    if order.state != OrderState::AwaitingPayment {
        return Err(Refusal::NotAwaiting(order.state.status()).into());
    }
    let login = configured(app)?;
    let claim = Claim { order: order.id, expires_at: call.now.plus_ms(LONGEST_MS), return_url };
    let url = login.protocol.page(&claim.address(app.config)?, &claim.state(app.config, login)?);
    Reply::json(200, &WechatLoginView { url, expires_at_ms: claim.expires_at.ms() })
}

/// `GET /v1/wechat_login`: where WeChat sends the browser. Sends it on to the page, which reads in its own
/// address what came of it.
///
/// # Errors
/// 400 for what did not begin here: only a state that holds says where the browser may go.
pub(in crate::app::services) async fn end_login<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let login = configured(app)?;
    let claim = Claim::proved(app.config, login, call)?;
    let outcome = if claim.expires_at <= call.now {
        "expired"
    } else {
        match call.query_value("code").filter(|code| !code.is_empty()) {
            Some(code) => end(app, login, claim.order, &code).await,
            // WeChat leaves it out when the person declines.
            None => "declined",
        }
    };
    let mut page = Url::parse(&claim.return_url).map_err(|_| ApiError::plain(Code::WechatLoginInvalid))?;
    page.query_pairs_mut().append_pair(OUTCOME, outcome);
    Ok(Reply::redirect(page.into()))
}

/// Exchanges the code and notes who it is. The browser goes back whatever happens, so nothing fails here.
async fn end<W: World>(app: &App<'_, W>, login: &WechatLogin, order: OrderId, code: &str) -> &'static str {
    let failed = |why: &str| telemetry::note(app, "wechat_login_failed", &order.to_string(), why);
    match exchange(app, login, code).await {
        Ok(Exchanged::Openid(openid)) => {
            match buyers::bind_openid(app, order, &login.protocol.appid, &openid).await {
                Ok(()) => "done",
                Err(error) => {
                    failed(error.code.text());
                    "unavailable"
                }
            }
        }
        Ok(Exchanged::CodeNotTaken) => "failed",
        Ok(Exchanged::Refused(number)) => {
            failed(&format!("WeChat refused with {number}"));
            "unavailable"
        }
        Err(why) => {
            failed(why);
            "unavailable"
        }
    }
}

/// What goes wrong on the way is told without its own words, which may hold the address and so the secret.
async fn exchange<W: World>(
    app: &App<'_, W>,
    login: &WechatLogin,
    code: &str,
) -> Result<Exchanged, &'static str> {
    let request = login.protocol.exchange(&String::from_utf8_lossy(&login.secret.bytes), code);
    let (status, headers, body) =
        gateways::send(app, None, request).await.map_err(|_| "WeChat did not answer")?;
    let message = Message { status, headers: &headers, body: &body };
    read_exchange(message).map_err(|_| "WeChat's answer is not a login's")
}

impl Claim {
    /// Where WeChat sends the browser.
    fn address(&self, config: &Config) -> Result<String, ApiError> {
        let public_url = config.public_url.as_ref().map_err(|flaw| {
            ApiError::new(Code::NotConfigured, format!("{} is {}.", flaw.variable, flaw.problem))
        })?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("order", &self.order.to_string())
            .append_pair("expires_at_ms", &self.expires_at.ms().to_string())
            .append_pair("return_url", &self.return_url)
            .finish();
        Ok(format!("{public_url}/v1/wechat_login?{query}"))
    }

    /// `{mac}{kid}`: of letters and digits and at most 128, as WeChat demands, and the MAC in hex has 64.
    fn state(&self, config: &Config, login: &WechatLogin) -> Result<String, ApiError> {
        let key = secrets::current(config)?;
        let tag = self.mac(&key.bytes, login)?.finalize().into_bytes();
        Ok(format!("{}{}", hex::encode(tag), key.id))
    }

    /// What a call of WeChat's is about, if a state of ours says so.
    fn proved(config: &Config, login: &WechatLogin, call: &Call) -> Result<Self, ApiError> {
        let invalid = || ApiError::plain(Code::WechatLoginInvalid);
        let value = |name: &str| call.query_value(name).ok_or_else(invalid);
        let claim = Self {
            order: OrderId::parse(&value("order")?).map_err(|_| invalid())?,
            expires_at: Timestamp::from_ms(value("expires_at_ms")?.parse().map_err(|_| invalid())?),
            return_url: value("return_url")?,
        };
        let state = value("state")?;
        let (tag, kid) = state.split_at_checked(64).ok_or_else(invalid)?;
        let key = secrets::named(config, kid)?.ok_or_else(invalid)?;
        let tag = hex::decode(tag).map_err(|_| invalid())?;
        // Compares in constant time.
        claim.mac(&key.bytes, login)?.verify_slice(&tag).map_err(|_| invalid())?;
        // The list may have become shorter since.
        match config.return_address(&claim.return_url) {
            Some(address) if address == claim.return_url => Ok(claim),
            Some(_) | None => Err(invalid()),
        }
    }

    /// Over everything, one part a line; none of them can hold one.
    fn mac(&self, data_key: &[u8], login: &WechatLogin) -> Result<Hmac<Sha256>, ApiError> {
        let key = secrets::derive(data_key, Purpose::WechatLogin)?;
        let mac =
            Hmac::<Sha256>::new_from_slice(&key).map_err(|error| ApiError::internal(error.to_string()))?;
        let Self { order, expires_at, return_url } = self;
        let text = format!("{}\n{order}\n{}\n{return_url}", login.protocol.appid, expires_at.ms());
        Ok(mac.chain_update(text.as_bytes()))
    }
}
