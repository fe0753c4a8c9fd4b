//! Two keys of the platform at once: a merchant's migration from one to the other.

use serde_json::{Value, json};

use crate::shop::{Shop, read};

/// The keys that sign the callbacks of so many payments.
fn callback_keys(shop: &mut Shop, count: usize) -> Vec<String> {
    for number in 0..count {
        shop.paid(&format!("ORDER-{number}"));
    }
    let heard = shop.deliver(200);
    assert!(heard.iter().all(|heard| heard.genuine));
    heard.iter().map(|heard| heard.headers["wechatpay-serial"].to_str().unwrap().to_owned()).collect()
}

#[test]
fn callbacks_move_from_the_certificate_to_the_public_key_by_share() {
    let account = Shop::new().account();
    let of_public_key = |percent: u8| {
        let mut shop = Shop::new();
        shop.settings(json!({ "mchid": account.mchid, "public_key_percent": percent }));
        let keys = callback_keys(&mut shop, 20);
        keys.iter().filter(|id| **id == account.public_key_id).count()
    };
    assert_eq!(of_public_key(0), 0);
    assert_eq!(of_public_key(100), 20);
    assert!((4..=16).contains(&of_public_key(50)));
}

#[test]
fn a_merchant_starts_with_the_public_key() {
    let mut shop = Shop::new();
    let id = shop.account().public_key_id;
    assert_eq!(callback_keys(&mut shop, 3), [id.clone(), id.clone(), id]);
}

#[test]
fn the_key_a_request_names_signs_its_answer() {
    let mut shop = Shop::new();
    let account = shop.account();
    shop.settings(json!({ "public_key_percent": 50 }));
    for id in [account.public_key_id, account.platform_certificate.serial_no] {
        shop.platform_key = Some(id.clone());
        for _ in 0..4 {
            let request =
                shop.signed("POST", "/v3/pay/transactions/native", &shop.order("ORDER-1").to_string());
            let response = shop.send(request);
            assert_eq!(response.headers()["wechatpay-serial"].to_str().unwrap(), id);
            assert!(shop.is_signed(response.headers(), response.body()));
        }
    }
}

#[test]
fn the_certificate_is_fetched_sealed_and_is_what_signs() {
    let mut shop = Shop::new();
    let account = shop.account();
    let request = shop.signed("GET", "/v3/certificates", "");
    let response = shop.send(request);
    assert_eq!(
        response.headers()["wechatpay-serial"].to_str().unwrap(),
        account.platform_certificate.serial_no
    );
    let answer = read(&response);
    let entry = &answer["data"][0];
    assert_eq!(entry["encrypt_certificate"]["associated_data"], "certificate");
    let pem = shop.open(&entry["encrypt_certificate"]);
    assert_eq!(pem, account.platform_certificate.pem);
    let certificate = <x509_cert::Certificate as x509_cert::der::DecodePem>::from_pem(pem).unwrap();
    let serial = hex::encode_upper(certificate.tbs_certificate.serial_number.as_bytes());
    assert_eq!((serial.len(), &json!(serial)), (40, &entry["serial_no"]));
}

#[test]
fn probes_come_at_a_rate_and_must_fail() {
    let mut shop = Shop::new();
    shop.settings(json!({ "signtest_percent": 100 }));
    let request = shop.signed("POST", "/v3/pay/transactions/native", &shop.order("ORDER-1").to_string());
    let response = shop.send(request);
    assert!(response.headers()["wechatpay-signature"].to_str().unwrap().starts_with("WECHATPAY/SIGNTEST/"));
    assert!(!shop.is_signed(response.headers(), response.body()));
    let cashier = crate::shop::path_of(&read(&response)["code_url"]);
    shop.press(&cashier, "approve");
    assert!(!shop.deliver(401)[0].genuine);

    shop.settings(json!({ "signtest_percent": 0 }));
    shop.advance(15_000);
    assert!(shop.deliver(200)[0].genuine, "the refused probe is followed by the real one");
}

#[test]
fn settings_are_shown_and_nonsense_is_refused() {
    let mut shop = Shop::new();
    let mchid = shop.account().mchid;
    shop.settings(json!({ "mchid": mchid, "public_key_percent": 20 }));
    let all = shop.get_json("/sandbox/wechat_pay");
    assert_eq!(
        all["merchants"][&mchid],
        json!({ "public_key_percent": 20, "signtest_percent": 0, "userpaying_seconds": 0 })
    );
    assert_eq!(all["merchants"].as_object().unwrap().len(), 2);
    for wrong in [
        json!({ "public_key_percent": 101 }),
        json!({ "mchid": "1", "public_key_percent": 1 }),
        json!({ "other": 1 }),
        Value::Null,
    ] {
        assert_eq!(shop.post_json("/sandbox/wechat_pay", &wrong).0, 400, "{wrong}");
    }
}
