//! Which texts may a signature of Alipay cover?

use std::collections::BTreeMap;

use coursepay_core::gateway::alipay::sign;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn params(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn a_request_signs_all_it_says_but_its_signature_and_what_is_empty() {
    let request = params("sign_type=RSA2&app_id=2021&return_url=&sign=abc=");
    assert_eq!(sign::request_text(&request), "app_id=2021&sign_type=RSA2");
}

#[test]
fn a_notice_may_be_signed_in_the_ways_that_gateways_and_libraries_differ_in() {
    for (notice, texts) in [
        ("a=1&b=2&sign=x&sign_type=RSA2", vec!["a=1&b=2"]),
        // Only what is signed makes another text by being empty.
        ("a=1&sign=&sign_type=", vec!["a=1"]),
        ("a=1&b=&sign=x&sign_type=RSA2", vec!["a=1&b=", "a=1"]),
        ("a=1&alipay_cert_sn=9&sign=x&sign_type=RSA2", vec!["a=1&alipay_cert_sn=9", "a=1"]),
        ("a=1&alipay_cert_sn=&sign=x&sign_type=RSA2", vec!["a=1&alipay_cert_sn=", "a=1"]),
        ("method=m&sign=x&sign_type=RSA2", vec!["method=m", "method=m&sign_type=RSA2"]),
        ("msg_method=m&sign=x&sign_type=RSA2", vec!["msg_method=m", "msg_method=m&sign_type=RSA2"]),
        ("method=m&sign=x", vec!["method=m"]),
    ] {
        assert_eq!(sign::notice_texts(&params(notice)), texts, "{notice}");
    }
}
