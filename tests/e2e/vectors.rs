//! Do published signatures hold through the Worker's own WebCrypto, on the real runtime?

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use coursepay_tests::setup::keys;
use coursepay_tests::target::Target as _;
use coursepay_tests::workerd::Workerd;
use http::Request;
use serde_json::{Value, json};

/// The samples that core's own tests verify natively, with their sources.
const PUBLISHED: &str = include_str!("../../core/tests/vectors/alipay.json");

/// Asks the probe for one operation.
async fn ask(worker: &Workerd, operation: &str, question: &Value) -> Value {
    let url = format!("{}/__probe/{operation}", worker.setup().public_url);
    let request = Request::post(url).body(Bytes::from(question.to_string())).unwrap();
    serde_json::from_slice(worker.call(request).await.body()).unwrap()
}

/// The signed text, the signature and the public key (DER) of a published sample.
fn parts(sample: &Value) -> (String, String, String) {
    let inputs = &sample["inputs"];
    let (text, sign) = match sample["id"].as_str().unwrap() {
        "A1" => (&sample["expected"]["canonical"], &inputs["params"]["sign"]),
        "A3" => (&sample["expected"]["signed_substring"], &inputs["sign"]),
        _ => (&inputs["signed_substring"], &inputs["sign"]),
    };
    let pem = sample["keys"]["public_key_pem"].as_str().unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let text = text.as_str().unwrap_or_else(|| panic!("{} has no text", sample["id"]));
    (text.to_owned(), sign.as_str().unwrap().to_owned(), der)
}

#[tokio::test]
async fn every_published_alipay_signature_holds_and_falls_with_one_byte() {
    let worker = Workerd::start_with_probe().await.unwrap();
    let published: Vec<Value> = serde_json::from_str(PUBLISHED).unwrap();
    // The others are of certificates' numbers.
    let signed = |sample: &&Value| ["A1", "A3", "A4"].map(Value::from).contains(&sample["id"]);
    let samples: Vec<&Value> = published.iter().filter(signed).collect();
    assert_eq!(samples.len(), 3);
    for sample in samples {
        let (text, signature, key) = parts(sample);
        let question = |text: &str| json!({ "key": key, "message": BASE64_STANDARD.encode(text), "signature": signature });
        assert_eq!(
            ask(&worker, "verify", &question(&text)).await,
            json!({ "valid": true }),
            "{}",
            sample["id"]
        );
        let changed = text.replacen('0', "1", 1);
        assert_eq!(
            ask(&worker, "verify", &question(&changed)).await,
            json!({ "valid": false }),
            "{}",
            sample["id"]
        );
    }
}

#[tokio::test]
async fn what_the_worker_signs_is_what_another_implementation_signs() {
    let worker = Workerd::start_with_probe().await.unwrap();
    let pair = &keys().merchants[0].alipay.app_key;
    let message = "app_id=2021&biz_content={\"subject\":\"账本设计\"}&charset=utf-8";
    let question = json!({ "key": pair.private_key_base64(), "message": BASE64_STANDARD.encode(message) });
    let theirs = pair.sign_sha256(message);
    assert_eq!(ask(&worker, "sign", &question).await, json!({ "signature": theirs }));
}
