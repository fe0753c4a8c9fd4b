//! How is an openid asked for, and what do the answers mean?

use coursepay_core::gateway::wechat_pay::login::{Exchanged, LONGEST_STATE, Login, read_exchange};
use coursepay_core::gateway::{Fault, Message, Verb};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn login() -> Login {
    Login {
        appid: "wxd678efh567hg6787".to_owned(),
        pages_url: "https://open.weixin.qq.com".to_owned(),
        api_url: "https://api.weixin.qq.com".to_owned(),
    }
}

fn read(status: u16, body: &str) -> Result<Exchanged, Fault> {
    read_exchange(Message { status, headers: &[], body: body.as_bytes() })
}

#[test]
fn the_browser_is_sent_with_every_parameter_in_its_place() {
    assert_eq!(
        login().page("https://pay.example/v1/back?to=https%3A%2F%2Fa.b%2F", "5a7E"),
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxd678efh567hg6787\
         &redirect_uri=https%3A%2F%2Fpay.example%2Fv1%2Fback%3Fto%3Dhttps%253A%252F%252Fa.b%252F\
         &response_type=code&scope=snsapi_base&state=5a7E#wechat_redirect"
    );
    const { assert!(LONGEST_STATE >= 64, "a state must hold a whole hash") };
}

#[test]
fn a_code_is_exchanged_and_cannot_add_parameters() {
    let request = login().exchange("s&cret", "0a&secret=x");
    assert_eq!(request.verb, Verb::Get);
    assert_eq!(
        request.url,
        "https://api.weixin.qq.com/sns/oauth2/access_token?appid=wxd678efh567hg6787&secret=s%26cret\
         &code=0a%26secret%3Dx&grant_type=authorization_code"
    );
    assert_eq!(request.body, "");
}

#[test]
fn an_answer_names_a_person_or_says_why_not() {
    let named = Exchanged::Openid("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned());
    let whole = "{\"access_token\":\"A\",\"expires_in\":7200,\"refresh_token\":\"R\",\
                 \"openid\":\"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o\",\"scope\":\"snsapi_base\"}";
    assert_eq!(read(200, whole), Ok(named.clone()));
    assert_eq!(read(200, "{\"errcode\":0,\"openid\":\"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o\"}"), Ok(named));
    for code in [40_029, 40_163, 41_008, 42_003] {
        let body = format!("{{\"errcode\":{code},\"errmsg\":\"x\"}}");
        assert_eq!(read(200, &body), Ok(Exchanged::CodeNotTaken), "{code}");
    }
    for code in [-1, 40_013, 40_125] {
        // Whatever stands beside an error does not count.
        let body = format!("{{\"errcode\":{code},\"openid\":\"o\"}}");
        assert_eq!(read(200, &body), Ok(Exchanged::Refused(code)), "{code}");
    }
    let long = format!("{{\"openid\":\"{}\"}}", "o".repeat(129));
    for body in ["", "[]", "{}", "{\"openid\":\"\"}", "{\"openid\":\"o o\"}", "{\"openid\":1}", &long] {
        assert!(matches!(read(200, body), Err(Fault::Malformed(_))), "{body}");
    }
    assert_eq!(read(502, whole), Err(Fault::Status(502)));
}
