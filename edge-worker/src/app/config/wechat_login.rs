//! How do learners inside WeChat say who they are?
//!
//! Only payments inside WeChat need it, so it is a part of its own: what is missing or malformed here takes
//! those off and leaves the rest of WeChat Pay on.

use coursepay_core::gateway::wechat_pay::login::Login;

use crate::app::config::{Flaw, Part, Variables};
use crate::app::ports::Key;

/// Where WeChat sends browsers through.
const PAGES_URL: &str = "https://open.weixin.qq.com";

/// Where WeChat exchanges codes.
const API_URL: &str = "https://api.weixin.qq.com";

/// The login of the application that learners pay in.
pub struct WechatLogin {
    /// Its protocol.
    pub protocol: Login,
    /// The application's secret, as text.
    pub secret: Key,
}

impl Variables<'_> {
    /// `None` without `WECHAT_PAY_APP_SECRET`.
    pub(super) fn wechat_login(&self) -> Part<Option<WechatLogin>> {
        let variable = "WECHAT_PAY_APP_SECRET";
        let Some(secret) = self.optional(variable) else { return Ok(None) };
        if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Flaw { variable, problem: "not letters and digits" });
        }
        let protocol = Login {
            appid: self.required("WECHAT_PAY_APPID")?,
            pages_url: self.web_address_or("WECHAT_PAY_LOGIN_PAGES_URL", PAGES_URL)?,
            api_url: self.web_address_or("WECHAT_PAY_LOGIN_API_URL", API_URL)?,
        };
        Ok(Some(WechatLogin {
            protocol,
            secret: Key { id: variable.to_owned(), bytes: secret.into_bytes() },
        }))
    }
}
