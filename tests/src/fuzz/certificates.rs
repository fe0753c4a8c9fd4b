//! Can certificates and keys be read, whatever bytes they are?

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::gateway::alipay::certificates;
use coursepay_core::gateway::wechat_pay::SealedCertificate;
use coursepay_core::time::Timestamp;
use coursepay_edge::app::pkcs8;

use super::exchange::{Exchange, NOW, trusted, wechat_pay};
use super::raw::Raw;
use super::{Play, outcome};
use crate::setup::keys;

/// WeChat Pay's answer to the question for them, each still sealed.
pub(super) fn list() -> Play {
    let (exchange, answer) = Exchange::certificates();
    let ours = wechat_pay(&exchange.setup);
    let read = move |input: &[u8]| {
        let certificates = ours.read_certificates(Raw::read(input).message(), NOW);
        outcome(&certificates.map(|answer| (answer.sealed, trusted(answer.proof))))
    };
    Play { seeds: vec![answer], read: Box::new(read) }
}

/// One of them, as it is once it was opened.
pub(super) fn pem() -> Play {
    let certificate = &keys().merchants[0].wechat_pay.platform_certificate;
    let sealed = sealed(&certificate.serial_no);
    let seeds = vec![certificate.pem.clone().into_bytes(), other_pem().to_owned().into_bytes()];
    Play { seeds, read: Box::new(move |input| outcome(&sealed.read(input))) }
}

/// The bytes in its PEM.
pub(super) fn der() -> Play {
    let certificate = &keys().merchants[0].wechat_pay.platform_certificate;
    let sealed = sealed(&certificate.serial_no);
    let seeds = vec![from_pem(&certificate.pem), from_pem(other_pem())];
    let read = move |input: &[u8]| {
        let text = BASE64_STANDARD.encode(input);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let read = sealed.read(pem.as_bytes());
        if let Ok(certificate) = &read {
            assert!(
                input.windows(certificate.public_key.len()).any(|part| part == certificate.public_key),
                "the key is a part of the certificate"
            );
        }
        outcome(&read)
    };
    Play { seeds, read: Box::new(read) }
}

/// Alipay's, as a platform pastes them: PEM with whatever stands between, or bare base64 with commas.
pub(super) fn alipay() -> Play {
    let account = &keys().merchants[0].alipay;
    let bare = |pem: &str| pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
    let texts = [&account.gateway_cert.pem, &account.app_cert.pem, &account.root_cert.pem];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|pem| pem.as_bytes().to_vec()).collect();
    seeds.push(texts.map(String::as_str).concat().into_bytes());
    seeds.push(texts.map(|pem| bare(pem)).join(",").into_bytes());
    let read = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let certificates = certificates::certificates(&text);
        let numbers = certificates.iter().flatten().map(|certificate| certificate.sn.clone());
        let numbers: Vec<String> = numbers.collect();
        assert!(numbers.iter().all(|sn| sn.len() == 32), "a number is an MD5: {numbers:?}");
        format!("{} {}", numbers.len(), certificates::root_sn(&text).is_some())
    };
    Play { seeds, read: Box::new(read) }
}

/// A merchant's private key: bytes that are none go through unchanged, and no more is promised of them.
pub(super) fn private_key() -> Play {
    let der =
        BASE64_STANDARD.decode(keys().merchants[0].alipay.app_key.private_key_base64()).expect("base64");
    // PKCS#1 lies in PKCS#8, after an envelope of 26 bytes.
    let seeds = vec![der.clone(), der[26..].to_vec()];
    let read = |input: &[u8]| {
        let key = pkcs8::private_key(input);
        assert!(key.ends_with(input), "no byte is lost");
        if key.len() == input.len() { "as it is".to_owned() } else { "wrapped".to_owned() }
    };
    Play { seeds, read: Box::new(read) }
}

fn sealed(serial_no: &str) -> SealedCertificate {
    SealedCertificate {
        serial_no: serial_no.to_owned(),
        valid_from: Timestamp::from_ms(0),
        valid_until: NOW,
        nonce: [0; 12],
        aad: Vec::new(),
        ciphertext: Vec::new(),
    }
}

fn other_pem() -> &'static str {
    &keys().merchants[0].wechat_pay.merchant_certificate.pem
}

fn from_pem(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(text).expect("base64")
}
