//! How do we come by WeChat's certificates, and what do we take for one?

use coursepay_core::gateway::wechat_pay::{Certificates, SealedCertificate};
use coursepay_core::gateway::{Fault, Message, Outgoing, Verb};
use coursepay_core::time::Timestamp;

use crate::fixture::{START, moment};
use crate::wechat_pay_fixture::wechat_pay;
use crate::wechat_pay_signing::{API_V3_KEY, Headers, headers, opened, trusted};
use crate::wechat_pay_vectors::{text, vector};

fn read(status: u16, headers: &Headers, body: &str) -> Result<Certificates, Fault> {
    wechat_pay().read_certificates(Message { status, headers, body: body.as_bytes() }, START)
}

/// The published answer, as if it were sent now.
fn published() -> String {
    text(&vector("W7"), "/inputs/body").to_owned()
}

fn sealed() -> SealedCertificate {
    let body = published();
    read(200, &headers(&body), &body).unwrap().sealed.remove(0)
}

#[test]
fn they_are_asked_for_like_anything_else() {
    let unsigned = wechat_pay().prepare_certificates(&moment(START)).unwrap();
    let message = String::from_utf8(unsigned.message().to_vec()).unwrap();
    let (seconds, nonce) = (START.seconds(), moment(START).nonce);
    assert_eq!(message, format!("GET\n/v3/certificates\n{seconds}\n{nonce}\n\n"));
    let Outgoing::Send(request) = unsigned.signed(b"x") else { panic!() };
    assert_eq!((request.verb, request.url.as_str()), (Verb::Get, "https://gateway.example/v3/certificates"));
}

#[test]
fn the_published_one_opens_under_the_api_v3_key_and_holds_a_key() {
    let w7 = vector("W7");
    assert_eq!(text(&w7, "/keys/key_utf8").as_bytes(), API_V3_KEY);
    let sealed = sealed();
    assert_eq!(sealed.serial_no, text(&w7, "/expected/certificate_serial"));
    // 2023-09-19 and 2028-09-17, both at 23:15:58 in UTC+8.
    assert_eq!(sealed.valid_from, Timestamp::from_ms(1_695_136_558_000));
    assert_eq!(sealed.valid_until, Timestamp::from_ms(1_852_816_558_000));
    let plain = opened(&sealed.nonce, &sealed.aad, &sealed.ciphertext).unwrap();
    assert_eq!(String::from_utf8(plain.clone()).unwrap(), text(&w7, "/expected/plaintext_pem"));
    let certificate = sealed.read(&plain).unwrap();
    assert_eq!((&certificate.serial_no, certificate.valid_until), (&sealed.serial_no, sealed.valid_until));
    assert_eq!(certificate.public_key.len(), 294);
}

#[test]
fn a_list_shortens_a_certificates_life_and_cannot_prolong_it() {
    let sealed = sealed();
    let plain = opened(&sealed.nonce, &sealed.aad, &sealed.ciphertext).unwrap();
    let (from, until) = (sealed.valid_from, sealed.valid_until);
    for (by_ms, expected) in
        [(60_000, (from, until)), (-60_000, (from.plus_ms(60_000), until.plus_ms(-60_000)))]
    {
        let listed = SealedCertificate {
            valid_from: from.plus_ms(-by_ms),
            valid_until: until.plus_ms(by_ms),
            ..sealed.clone()
        };
        let read = listed.read(&plain).unwrap();
        assert_eq!((read.valid_from, read.valid_until), expected);
    }
}

#[test]
fn the_published_resource_opens_under_the_api_v3_key() {
    let w6 = vector("W6");
    let nonce = text(&w6, "/inputs/nonce").as_bytes().try_into().unwrap();
    let aad = text(&w6, "/inputs/associated_data").as_bytes();
    let ciphertext = crate::signing::from_base64(text(&w6, "/inputs/ciphertext_base64"));
    let plain = opened(&nonce, aad, &ciphertext).unwrap();
    assert_eq!(plain, text(&w6, "/expected/plaintext").as_bytes());
}

#[test]
fn the_answer_is_proved_by_its_signature_as_well() {
    let body = published();
    assert!(trusted(read(200, &headers(&body), &body).unwrap().proof).is_some());
    assert!(trusted(read(200, &headers("{}"), &body).unwrap().proof).is_none());
    assert!(matches!(read(200, &Headers::new(), &body).err(), Some(Fault::Malformed(_))));
}

#[test]
fn a_merchant_with_a_public_key_has_none_and_learns_nothing_from_it() {
    let none = r#"{"code":"RESOURCE_NOT_EXISTS","message":"…"}"#;
    for headers in [headers(none), Headers::new()] {
        assert!(read(404, &headers, none).unwrap().sealed.is_empty());
    }
    let empty = r#"{"data":[]}"#;
    assert!(read(200, &headers(empty), empty).unwrap().sealed.is_empty());
    let error = r#"{"code":"SIGN_ERROR","message":"…"}"#;
    assert_eq!(read(401, &Headers::new(), error).err(), Some(Fault::Status(401)));
}

#[test]
fn what_is_not_a_list_of_sealed_certificates_is_none() {
    for (from, to) in [
        ("AEAD_AES_256_GCM", "AEAD_SM4_GCM"),
        ("2023-09-19T23:15:58+08:00", "2023-09-19"),
        ("\"serial_no\"", "\"serial\""),
        ("\"data\"", "\"dates\""),
        ("\"serial_no\":", "\"serial_no\":\"1\",\"serial_no\":"),
    ] {
        let body = published();
        assert_eq!(body.matches(from).count(), 1, "{from}");
        let body = body.replace(from, to);
        assert!(matches!(read(200, &headers(&body), &body).err(), Some(Fault::Malformed(_))), "{from}");
    }
    assert!(read(204, &headers(""), "").is_err());
}

#[test]
fn a_certificate_with_a_byte_missing_changed_or_added_is_read_or_refused_without_harm() {
    let sealed = sealed();
    let pem = text(&vector("W7"), "/expected/plaintext_pem").to_owned();
    let whole = sealed.read(pem.as_bytes()).unwrap();
    let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = crate::signing::from_base64(&inner);
    let as_pem = |der: &[u8]| {
        let contents = crate::signing::base64(der);
        format!("-----BEGIN CERTIFICATE-----\n{contents}\n-----END CERTIFICATE-----")
    };
    assert_eq!(sealed.read(as_pem(&der).as_bytes()), Ok(whole));
    for length in 0..der.len() {
        assert!(sealed.read(as_pem(&der[..length]).as_bytes()).is_err(), "{length} bytes of it");
    }
    for at in 0..der.len() {
        for byte in [0x00, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut changed = der.clone();
            changed[at] = byte;
            let _ = sealed.read(as_pem(&changed).as_bytes());
        }
    }
    let longer = [der.as_slice(), b"\0"].concat();
    assert!(sealed.read(as_pem(&longer).as_bytes()).is_err());
    for text in ["", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----%-----END CERTIFICATE-----"] {
        assert!(sealed.read(text.as_bytes()).is_err());
    }
    assert!(sealed.read(b"\xff").is_err());
}
