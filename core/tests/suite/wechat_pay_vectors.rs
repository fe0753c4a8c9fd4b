//! Are the signed bytes those of the published vectors? (`tests/vectors/wechat_pay.json` names their sources)

use coursepay_core::api::Action;
use coursepay_core::gateway::wechat_pay::{PlatformCertificate, SealedCertificate, WechatPay, sign};
use coursepay_core::gateway::{
    Answer, Claim, Content, Fault, Gateway, KeyChoice, Message, Misfit, News, Operation, Scheme, Unverified,
};
use coursepay_core::method::Channel;
use coursepay_core::time::Timestamp;
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::run;
use crate::wechat_pay_fixture::{tried, wechat_pay};

pub(crate) fn vector(id: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(include_str!("../vectors/wechat_pay.json")).unwrap();
    all.into_iter().find(|vector| vector["id"] == id).unwrap()
}

pub(crate) fn text<'a>(vector: &'a Value, pointer: &str) -> &'a str {
    vector.pointer(pointer).and_then(Value::as_str).unwrap()
}

fn headers(vector: &Value) -> Vec<(String, String)> {
    let headers = vector["inputs"]["headers"].as_object().unwrap();
    headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// When the message of a vector was sent.
fn sent_at(vector: &Value) -> Timestamp {
    let seconds: i64 = text(vector, "/inputs/headers/Wechatpay-Timestamp").parse().unwrap();
    Timestamp::from_ms(seconds * 1_000)
}

/// The one claim that is to prove `value`.
fn claim<T>(value: Unverified<T>) -> Claim {
    let claims = std::cell::RefCell::new(Vec::new());
    let refused = run(value.verify(async |claim: &Claim| {
        claims.borrow_mut().push(claim.clone());
        Ok::<_, ()>(false)
    }));
    assert!(refused.is_err());
    let mut claims = claims.into_inner();
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

fn answer_w4(now: Timestamp) -> Result<Unverified<Answer>, Fault> {
    let vector = vector("W4");
    let headers = headers(&vector);
    let body = text(&vector, "/inputs/body").as_bytes();
    let answer = Message { status: 200, headers: &headers, body };
    wechat_pay().read_answer(Operation::Create, &tried(Channel::Qr), answer, now)
}

fn callback_w5(now: Timestamp) -> Result<Unverified<Content>, Fault> {
    let vector = vector("W5");
    let headers = headers(&vector);
    let body = text(&vector, "/inputs/body").as_bytes();
    wechat_pay().read_callback(Message { status: 200, headers: &headers, body }, now)
}

/// The certificate in `pem`, as if it had been opened.
fn certificate(serial_no: &str, pem: &str) -> Result<PlatformCertificate, Fault> {
    let sealed = SealedCertificate {
        serial_no: serial_no.to_owned(),
        valid_from: Timestamp::from_ms(0),
        valid_until: Timestamp::from_ms(1),
        nonce: *b"uluk4a9R25RW",
        aad: Vec::new(),
        ciphertext: Vec::new(),
    };
    sealed.read(pem.as_bytes())
}

#[test]
fn the_canonical_string_of_the_published_request_is_rebuilt() {
    let w1 = vector("W1");
    let part = |name: &str| text(&w1, &format!("/inputs/{name}")).to_owned();
    let [method, path, timestamp, nonce, body] = ["method", "path", "timestamp", "nonce", "body"].map(part);
    let rebuilt = sign::request_text(&method, &path, &timestamp, &nonce, &body);
    assert_eq!(rebuilt, text(&w1, "/expected/message"));
}

#[test]
fn the_canonical_strings_of_the_published_pages_are_rebuilt() {
    for (id, fourth) in [("W2", "package"), ("W3", "prepayId")] {
        let vector = vector(id);
        let part = |name: &str| text(&vector, &format!("/inputs/{name}")).to_owned();
        let rebuilt = sign::page_text(&part("appId"), &part("timeStamp"), &part("nonceStr"), &part(fourth));
        assert_eq!(rebuilt, text(&vector, "/expected/message"), "{id}");
    }
}

#[test]
fn the_published_page_is_signed_by_handing_over_its_ticket() {
    let w2 = vector("W2");
    let ours = WechatPay { appid: text(&w2, "/inputs/appId").to_owned(), ..wechat_pay() };
    let seconds: i64 = text(&w2, "/inputs/timeStamp").parse().unwrap();
    let moment = coursepay_core::gateway::Moment {
        now: Timestamp::from_ms(seconds * 1_000),
        nonce: text(&w2, "/inputs/nonceStr").to_owned(),
    };
    let ticket = text(&w2, "/inputs/package").strip_prefix("prepay_id=").unwrap();
    let unsigned = ours.hand_over(ticket, &moment).unwrap();
    assert_eq!(unsigned.message(), text(&w2, "/expected/message").as_bytes());
}

#[test]
fn the_published_answer_is_a_code_to_be_proved_by_the_public_key() {
    let w4 = vector("W4");
    let Claim { scheme, key, message, .. } = claim(answer_w4(sent_at(&w4)).unwrap());
    let serial = text(&w4, "/inputs/headers/Wechatpay-Serial").to_owned();
    assert_eq!((scheme, key), (Scheme::Rsa, KeyChoice::Named(serial)));
    assert_eq!(String::from_utf8(message).unwrap(), text(&w4, "/expected/message"));
    let answer = run(answer_w4(sent_at(&w4)).unwrap().verify(async |_: &Claim| Ok::<_, ()>(true)));
    let Answer::Payable { action: Action::QrCode { content, .. }, .. } = answer.unwrap().into_inner() else {
        panic!()
    };
    assert_eq!(content, "weixin://wxpay/bizpayurl?pr=JyC91EIz1");
}

#[test]
fn the_published_callback_is_to_be_proved_by_the_certificate_and_is_of_no_use_to_us() {
    let w5 = vector("W5");
    let Claim { key, message, .. } = claim(callback_w5(sent_at(&w5)).unwrap());
    assert_eq!(key, KeyChoice::Named("D7CE59D1F522D701".to_owned()));
    assert_eq!(String::from_utf8(message).unwrap(), text(&w5, "/expected/message"));
    let content = run(callback_w5(sent_at(&w5)).unwrap().verify(async |_: &Claim| Ok::<_, ()>(true)));
    let Content::Open(notice) = content.unwrap().into_inner() else { panic!("sealed") };
    assert_eq!(notice.key, "3119dfba-e649-5eec-ab1e-3412bc4d2e17||PAYSCORE.USER_OPEN_SERVICE");
    assert_eq!(notice.news, News::Misfit(Misfit::NoUse { kind: "PAYSCORE.USER_OPEN_SERVICE".to_owned() }));
}

#[test]
fn the_published_messages_are_not_believed_five_minutes_early_or_late() {
    let (w4, w5) = (sent_at(&vector("W4")), sent_at(&vector("W5")));
    for (away_ms, timely) in
        [(-300_000, false), (-299_000, true), (299_999, true), (300_000, false), (1 << 50, false)]
    {
        let answer = answer_w4(w4.plus_ms(away_ms)).err();
        let callback = callback_w5(w5.plus_ms(away_ms)).err();
        for fault in [answer, callback] {
            assert_eq!(fault.is_none(), timely, "{away_ms}");
            assert!(fault.is_none_or(|fault| matches!(fault, Fault::Untimely { .. })), "{away_ms}");
        }
    }
}

#[test]
fn the_published_certificates_are_read_by_their_serial_number_alone() {
    let (w5, w7) = (vector("W5"), vector("W7"));
    let rows = [(&w5, "/keys/certificate_pem"), (&w7, "/expected/plaintext_pem")];
    for (vector, pem) in rows {
        let serial_no = text(vector, "/expected/certificate_serial");
        let read = certificate(serial_no, text(vector, pem)).unwrap();
        assert_eq!(read.serial_no, serial_no);
        // An RSA key of 2048 bits: SEQUENCE of 290 bytes.
        assert_eq!(
            (read.public_key.len(), &read.public_key[..4]),
            (294, [0x30, 0x82, 0x01, 0x22].as_slice())
        );
        assert!(certificate("5DEA10EF55877E3CF6C33255C2E7DEFFF7E427ED", text(vector, pem)).is_err());
    }
    let lower = certificate("00d7ce59d1f522d701", text(&w5, "/keys/certificate_pem")).unwrap();
    assert_eq!(lower.serial_no, "00d7ce59d1f522d701", "as signatures will call it");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_published_signatures_are_made_and_hold() {
    use crate::signing::{base64, holds, signed_with};
    for id in ["W1", "W2", "W3"] {
        let vector = vector(id);
        let key = text(&vector, "/keys/private_key_pkcs8_base64");
        let made = signed_with(key, text(&vector, "/expected/message"));
        assert_eq!(base64(&made), text(&vector, "/expected/signature"), "{id}");
    }
    let (w4, w5) = (vector("W4"), vector("W5"));
    let answer = claim(answer_w4(sent_at(&w4)).unwrap());
    let callback = claim(callback_w5(sent_at(&w5)).unwrap());
    let public_key = text(&w4, "/keys/public_key_pem");
    let in_certificate = certificate("D7CE59D1F522D701", text(&w5, "/keys/certificate_pem")).unwrap();
    let in_certificate = base64(&in_certificate.public_key);
    assert!(holds(&answer, public_key) && holds(&callback, &in_certificate));
    assert!(!holds(&answer, &in_certificate) && !holds(&callback, public_key));
}
