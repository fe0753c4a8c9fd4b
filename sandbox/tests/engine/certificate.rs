//! What certificate mode asks for and gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use x509_cert::der::DecodePem as _;

use crate::shop::{Shop, text};

const QUERY: &str = "alipay.trade.query";

#[test]
fn the_answer_names_the_certificate_whose_key_signed() {
    let mut shop = Shop::new();
    shop.paid("N1");
    let query = json!({ "out_trade_no": "N1" });
    let response = shop.send_signed(shop.certified_params(QUERY, &query));
    assert_eq!(shop.checked(QUERY, &response)["trade_status"], "TRADE_SUCCESS");
    let body: Value = serde_json::from_str(text(&response)).unwrap();
    assert_eq!(body["alipay_cert_sn"], json!(shop.merchant().gateway_cert.alipay_sn));
    let response = shop.send_signed(shop.params(QUERY, &query));
    let body: Value = serde_json::from_str(text(&response)).unwrap();
    assert_eq!(body.get("alipay_cert_sn"), None, "key mode knows no certificates");
}

#[test]
fn both_numbers_must_be_there_and_be_right() {
    let shop = Shop::new();
    let (app, root) = (shop.merchant().app_cert.alipay_sn, shop.merchant().root_cert.alipay_sn);
    let other = shop.world.keys().merchants[1].alipay.app_cert.alipay_sn.clone();
    for (app_cert_sn, root_cert_sn, sub_code) in [
        ("", root.as_str(), "isv.missing-app-cert-sn"),
        (&app, "", "isv.missing-alipay-root-cert-sn"),
        (&other, &root, "isv.app-cert-not-exist"),
        ("0", &root, "isv.app-cert-not-exist"),
        (&app, &app, "isv.invalid-alipay-root-cert-sn"),
    ] {
        let mut shop = Shop::new();
        let mut params = shop.certified_params(QUERY, &json!({ "out_trade_no": "N1" }));
        params.insert("app_cert_sn".to_owned(), app_cert_sn.to_owned());
        params.insert("alipay_root_cert_sn".to_owned(), root_cert_sn.to_owned());
        params.retain(|_, value| !value.is_empty());
        let response = shop.send_signed(params);
        let body: Value = serde_json::from_str(text(&response)).unwrap();
        let answer = &body["alipay_trade_query_response"];
        assert_eq!((&answer["code"], &answer["sub_code"]), (&json!("40002"), &json!(sub_code)));
    }
}

#[test]
fn the_gateways_certificate_can_be_downloaded_by_its_number() {
    let mut shop = Shop::new();
    let merchant = shop.merchant();
    let download = "alipay.open.app.alipaycert.download";
    let order = json!({ "alipay_cert_sn": merchant.gateway_cert.alipay_sn });
    let answer = shop.certified_call(download, &order);
    let pem = BASE64.decode(answer["alipay_cert_content"].as_str().unwrap()).unwrap();
    assert_eq!(String::from_utf8(pem).unwrap(), merchant.gateway_cert.pem);
    let unknown = shop.certified_call(download, &json!({ "alipay_cert_sn": "0" }));
    assert_eq!(unknown["sub_code"], "isv.alipay-cert-not-exist");
    assert_eq!(shop.certified_call(download, &json!({}))["sub_code"], "isv.invalid_arguments");
}

#[test]
fn the_numbers_follow_from_issuer_and_serial_as_an_sdk_reckons_them() {
    let merchant = Shop::new().merchant();
    for certificate in [&merchant.app_cert, &merchant.gateway_cert, &merchant.root_cert] {
        let parsed = x509_cert::Certificate::from_pem(&certificate.pem).unwrap().tbs_certificate;
        let serial = rsa::BigUint::from_bytes_be(parsed.serial_number.as_bytes());
        // RFC 4514 writes the most specific name first, as Alipay does.
        let hash = Md5::digest(format!("{}{serial}", parsed.issuer));
        assert_eq!(certificate.alipay_sn, hex::encode(hash));
    }
}
