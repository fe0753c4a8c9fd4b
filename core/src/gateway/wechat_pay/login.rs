//! How does a page inside WeChat learn who is looking at it? (网页授权 with the scope `snsapi_base`)
//!
//! The browser goes to WeChat's page and comes back with a code and our state; the code is exchanged for the
//! person's `openid` in our application. Nobody is asked anything on the way. A code works once, for five
//! minutes (developers.weixin.qq.com, 网页授权). Nothing here is signed: what the exchange answers is proved by
//! the connection, and the code by the application's secret.

use serde::Deserialize;

use crate::gateway::wechat_pay::request::encoded;
use crate::gateway::{Fault, GatewayRequest, Message, Verb};

/// The longest `state` that comes back; it must be of letters and digits.
pub const LONGEST_STATE: usize = 128;

/// Codes of "this code is none, or was used, or came too late".
const CODE_NOT_TAKEN: [i64; 4] = [40_029, 40_163, 41_008, 42_003];

/// The login of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The application that learners pay in.
    pub appid: String,
    /// Where browsers are sent, without a path: `https://open.weixin.qq.com`.
    pub pages_url: String,
    /// Where codes are exchanged, without a path: `https://api.weixin.qq.com`.
    pub api_url: String,
}

/// What came of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// Who it is to our application.
    Openid(String),
    /// The code is none, was used before, or is too old: log in again.
    CodeNotTaken,
    /// Refused for another reason, by WeChat's number: ours to mend, or WeChat is busy.
    Refused(i64),
}

impl Login {
    /// Where the browser goes. It comes back to `back`, whose domain must be registered (网页授权域名), with
    /// `code` and `state` added to its query; without `code` when the person declined.
    ///
    /// WeChat compares the address with a pattern: the order of the parameters stays.
    #[must_use]
    pub fn page(&self, back: &str, state: &str) -> String {
        let Self { appid, pages_url, .. } = self;
        let (appid, back, state) = (encoded(appid), encoded(back), encoded(state));
        format!(
            "{pages_url}/connect/oauth2/authorize?appid={appid}&redirect_uri={back}\
             &response_type=code&scope=snsapi_base&state={state}#wechat_redirect"
        )
    }

    /// The request that exchanges `code`. Its address holds the secret: it must not be written anywhere.
    #[must_use]
    pub fn exchange(&self, secret: &str, code: &str) -> GatewayRequest {
        let Self { appid, api_url, .. } = self;
        let (appid, secret, code) = (encoded(appid), encoded(secret), encoded(code));
        let url = format!(
            "{api_url}/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}\
             &grant_type=authorization_code"
        );
        let headers = vec![("accept", "application/json".to_owned())];
        GatewayRequest { verb: Verb::Get, url, headers, body: String::new() }
    }
}

/// Either half; an error comes with status 200 too.
#[derive(Deserialize)]
struct Body {
    openid: Option<String>,
    errcode: Option<i64>,
}

/// Reads the answer to [`Login::exchange`].
///
/// # Errors
/// [`Fault`] when it is not an answer at all.
pub fn read_exchange(answer: Message<'_>) -> Result<Exchanged, Fault> {
    if answer.status != 200 {
        return Err(Fault::Status(answer.status));
    }
    let body: Body =
        serde_json::from_slice(answer.body).map_err(|_| Fault::Malformed("the answer is not a login's"))?;
    match (body.openid, body.errcode) {
        (_, Some(code)) if CODE_NOT_TAKEN.contains(&code) => Ok(Exchanged::CodeNotTaken),
        (_, Some(code)) if code != 0 => Ok(Exchanged::Refused(code)),
        (Some(openid), _) if is_openid(&openid) => Ok(Exchanged::Openid(openid)),
        (Some(_) | None, _) => Err(Fault::Malformed("the answer names nobody")),
    }
}

/// `payer.openid` takes up to 128 characters (JSAPI 下单).
fn is_openid(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
