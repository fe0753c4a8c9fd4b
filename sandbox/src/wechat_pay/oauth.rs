//! How does a page inside WeChat learn the openid of who is looking at it? (网页授权)
//!
//! The page sends the browser to `/connect/oauth2/authorize`; the browser comes back with a code; the
//! server exchanges the code, once and within five minutes, at `/sns/oauth2/access_token`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::account::Account;
use super::people::{PEOPLE, Person};
use crate::desk::Desk;
use crate::merchant::Keys;
use crate::pages::{Lang, choice_page};
use crate::reply;

/// Where browsers are sent.
pub(crate) const AUTHORIZE_PATH: &str = "/connect/oauth2/authorize";
/// Where servers exchange codes.
pub(crate) const TOKEN_PATH: &str = "/sns/oauth2/access_token";

/// How long a code works.
const CODE_LIFE_MS: i64 = 5 * 60 * 1000;
/// How long an access token works, in seconds.
const TOKEN_LIFE_S: u32 = 7200;
/// The documented length of `state`.
const LONGEST_STATE: usize = 128;

/// Somebody's consent that waits to be exchanged.
#[derive(Debug, Clone)]
struct Login {
    appid: String,
    openid: String,
    scope: String,
    expires_at_ms: i64,
    used: bool,
}

/// Codes given out. Not kept across a restart: the page asks for another one.
#[derive(Default)]
pub(crate) struct Logins(BTreeMap<String, Login>);

type Query = BTreeMap<String, String>;

fn query_of(request: &Request<Bytes>) -> Query {
    form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect()
}

fn account<'a>(keys: &'a Keys, appid: Option<&String>) -> Option<&'a Account> {
    keys.merchants.iter().map(|merchant| &merchant.wechat_pay).find(|account| Some(&account.appid) == appid)
}

/// What a page asks WeChat for.
struct Asked<'a> {
    account: &'a Account,
    redirect_uri: &'a str,
    scope: &'a str,
    state: &'a str,
}

impl Logins {
    /// Sends the browser back with a code: silently, or after somebody was chosen.
    pub(crate) fn authorize(
        &mut self,
        request: &Request<Bytes>,
        keys: &Keys,
        lang: Lang,
        desk: &mut Desk<'_>,
    ) -> Response<Bytes> {
        if request.method() != Method::GET {
            return reply::json_error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "GET");
        }
        let query = query_of(request);
        let asked = match read(&query, keys) {
            Ok(asked) => asked,
            Err(reason) => {
                let title = match lang {
                    Lang::Zh => "无法登录",
                    Lang::En => "Cannot log in",
                };
                return reply::page(StatusCode::BAD_REQUEST, choice_page(lang, title, &reason, []));
            }
        };
        let person = match (asked.scope, query.get("person")) {
            ("snsapi_base", _) => PEOPLE.first(),
            (_, Some(nickname)) => PEOPLE.iter().find(|person| person.nickname == nickname),
            (_, None) => None,
        };
        match person {
            Some(person) => reply::found(&self.consent(&asked, person, desk)),
            None => reply::page(StatusCode::OK, consent_page(lang, request, asked.account)),
        }
    }

    /// Notes a consent; the address to come back to.
    fn consent(&mut self, asked: &Asked<'_>, person: &Person, desk: &mut Desk<'_>) -> String {
        let now_ms = desk.now.business_ms;
        let code = desk.random.token();
        let login = Login {
            appid: asked.account.appid.clone(),
            openid: person.openid(&asked.account.appid),
            scope: asked.scope.to_owned(),
            expires_at_ms: now_ms.saturating_add(CODE_LIFE_MS),
            used: false,
        };
        // Long enough to tell a late code from one that never was.
        self.0.retain(|_, login| now_ms < login.expires_at_ms.saturating_add(12 * CODE_LIFE_MS));
        self.0.insert(code.clone(), login);
        back_to(asked.redirect_uri, &code, asked.state)
    }

    /// Exchanges a code. As with the real one the status is 200 and errors are in the body.
    pub(crate) fn token(
        &mut self,
        request: &Request<Bytes>,
        keys: &Keys,
        desk: &mut Desk<'_>,
    ) -> Response<Bytes> {
        let body = self.exchange(&query_of(request), keys, desk).unwrap_or_else(|(errcode, errmsg)| {
            json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: {}", desk.random.token()) })
        });
        reply::reply(StatusCode::OK, "text/plain", body.to_string())
    }

    fn exchange(
        &mut self,
        query: &Query,
        keys: &Keys,
        desk: &mut Desk<'_>,
    ) -> Result<Value, (u32, &'static str)> {
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        if given("appid").is_none() {
            return Err((41002, "appid missing"));
        }
        let account = account(keys, given("appid")).ok_or((40013, "invalid appid"))?;
        match given("secret") {
            None => return Err((41004, "appsecret missing")),
            Some(secret) if *secret != account.app_secret => return Err((40125, "invalid appsecret")),
            Some(_) => {}
        }
        if given("grant_type").is_none_or(|kind| kind != "authorization_code") {
            return Err((40002, "invalid grant_type"));
        }
        let code = given("code").ok_or((41008, "missing code"))?;
        let login = self.0.get_mut(code).filter(|login| login.appid == account.appid);
        let login = login.ok_or((40029, "invalid code"))?;
        if login.used {
            return Err((40163, "code been used"));
        }
        if desk.now.business_ms >= login.expires_at_ms {
            return Err((42003, "code expired"));
        }
        login.used = true;
        Ok(json!({
            "access_token": desk.random.alphanumeric(96),
            "expires_in": TOKEN_LIFE_S,
            "refresh_token": desk.random.alphanumeric(96),
            "openid": login.openid,
            "scope": login.scope,
        }))
    }
}

fn read<'a>(query: &'a Query, keys: &'a Keys) -> Result<Asked<'a>, String> {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let account = account(keys, query.get("appid"))
        .ok_or_else(|| format!("appid: no application of this sandbox has {:?}", given("appid")))?;
    let redirect_uri = given("redirect_uri");
    let address = redirect_uri.parse::<http::Uri>().ok();
    if address.is_none_or(|uri| !matches!(uri.scheme_str(), Some("http" | "https"))) {
        return Err(format!(
            "10003 redirect_uri: expected an absolute http(s) address, got {redirect_uri:?}"
        ));
    }
    if given("response_type") != "code" {
        return Err(format!("response_type: expected code, got {:?}", given("response_type")));
    }
    let scope = given("scope");
    if !["snsapi_base", "snsapi_userinfo"].contains(&scope) {
        return Err(format!("10005 scope: expected snsapi_base or snsapi_userinfo, got {scope:?}"));
    }
    let state = given("state");
    if state.len() > LONGEST_STATE {
        return Err(format!("state: at most {LONGEST_STATE} bytes"));
    }
    Ok(Asked { account, redirect_uri, scope, state })
}

/// The page's address with code and state, before its fragment.
fn back_to(redirect_uri: &str, code: &str, state: &str) -> String {
    let (address, fragment) =
        redirect_uri.split_once('#').map_or((redirect_uri, None), |(a, f)| (a, Some(f)));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", code)
        .append_pair("state", state)
        .finish();
    let joint = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{address}{joint}{query}{fragment}")
}

/// Who logs in? Each choice is the same address with a name.
fn consent_page(lang: Lang, request: &Request<Bytes>, account: &Account) -> maud::Markup {
    let (title, detail) = match lang {
        Lang::Zh => ("用哪个微信账号登录？", "应用将获得该用户在此应用下的 openid："),
        Lang::En => ("Who logs in to WeChat?", "The application will learn their openid in it:"),
    };
    let same = request.uri().path_and_query().map(|target| target.as_str()).unwrap_or_default();
    let choices = PEOPLE.iter().map(|person| {
        let name = form_urlencoded::byte_serialize(person.nickname.as_bytes()).collect::<String>();
        (person.nickname.to_owned(), format!("{same}&person={name}"))
    });
    choice_page(lang, title, &format!("{detail} {}", account.appid), choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_state_go_before_the_fragment() {
        assert_eq!(back_to("http://a/b", "c", "s"), "http://a/b?code=c&state=s");
        assert_eq!(back_to("http://a/b?x=1#top", "c", "s t"), "http://a/b?x=1&code=c&state=s+t#top");
    }
}
