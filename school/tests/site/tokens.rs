use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::harness::{NOW_MS, Site, TOKEN_SECRET};

async fn ask(site: &Site, cookie: Option<&str>, headers: &[(&str, &str)], body: &str) -> reqwest::Response {
    let mut request = site.client.post(format!("{}/checkout-token", site.url)).body(body.to_owned());
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn refusal(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    (status, problem["code"].as_str().unwrap().to_owned())
}

/// Header and claims, after checking the signature over the text as it is, without a JWT library.
fn open(token: &str) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN_SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let part = |text| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    (part(header), part(claims))
}

#[tokio::test]
async fn a_learner_gets_a_token_for_one_course_and_ten_minutes() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    let answer = ask(&site, Some(&alice), &[], r#"{"product":"rust-101"}"#).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer: Value = answer.json().await.unwrap();

    let (header, claims) = open(answer["token"].as_str().unwrap());
    assert_eq!(header["alg"], "HS256");
    assert_eq!(header["kid"], "k1");
    assert_eq!(
        claims,
        json!({
            "iss": "school", "aud": "coursepay", "sub": "alice", "email": "alice@school.example",
            "iat": NOW_MS / 1000, "exp": NOW_MS / 1000 + 600, "products": ["rust-101"], "wallet": true,
        })
    );
}

#[tokio::test]
async fn a_visitor_gets_no_token() {
    let site = Site::open().await;
    let answer = ask(&site, None, &[], r#"{"product":"rust-101"}"#).await;
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(refusal(answer).await, (401, "login_required".to_owned()));
    let forged = Some("school_session=alice.9999999999999.AAAA");
    assert_eq!(ask(&site, forged, &[], r#"{"product":"rust-101"}"#).await.status(), 401);
}

#[tokio::test]
async fn no_token_is_made_for_what_is_not_sold_or_not_asked_for() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    for (body, refused) in [
        (r#"{"product":"no-such-course"}"#, (404, "not_found")),
        (r#"{"product":7}"#, (400, "bad_request")),
        ("{}", (400, "bad_request")),
        ("", (400, "bad_request")),
    ] {
        let answer = ask(&site, Some(&alice), &[], body).await;
        assert_eq!(refusal(answer).await, (refused.0, refused.1.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn only_our_own_pages_may_ask_for_a_token() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    let body = r#"{"product":"rust-101"}"#;
    let own = site.url.clone();
    let good = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(ask(&site, Some(&alice), &good, body).await.status(), 200);
    for bad in [
        [("origin", "http://pay.localhost:8787")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        let answer = ask(&site, Some(&alice), &bad, body).await;
        assert_eq!(refusal(answer).await, (403, "cross_origin".to_owned()), "{bad:?}");
    }
}

#[tokio::test]
async fn a_session_that_ran_out_gets_no_token() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    site.advance_ms(7 * 24 * 60 * 60 * 1000);
    assert_eq!(ask(&site, Some(&alice), &[], r#"{"product":"rust-101"}"#).await.status(), 401);
}
