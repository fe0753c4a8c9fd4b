//! What does Alipay call a certificate, and what do we take for one? (`tests/vectors/alipay.json`)

use coursepay_core::gateway::alipay::certificates::{certificates, root_sn};
use serde_json::Value;

use crate::gateway_vectors::{text, vector};

fn published(id: &str) -> String {
    text(&vector(id), "/inputs/pem").to_owned()
}

fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

#[test]
fn published_certificates_have_their_published_numbers() {
    for id in ["certSN-app", "certSN-alipay"] {
        let vector = vector(id);
        let read = certificates(&published(id)).unwrap();
        assert_eq!(read.len(), 1, "{id}");
        assert_eq!(read[0].sn, text(&vector, "/expected/sn"), "{id}");
        assert_eq!(read[0].public_key.len(), 294, "{id}");
        assert_eq!(root_sn(&published(id)).as_deref(), Some(read[0].sn.as_str()), "{id}");
    }
}

#[test]
fn several_stand_in_one_text_as_pem_or_as_base64() {
    let (app, alipay) = (published("certSN-app"), published("certSN-alipay"));
    let both = certificates(&format!("Subject: one, two\n{app}\nsome words\n{alipay}")).unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(certificates(&format!("{}, {}", bare(&app), bare(&alipay))).unwrap(), both);
    assert_ne!(both[0].sn, both[1].sn);
}

/// The published root bundle: its names, serial numbers and algorithms, put into certificates that hold no more.
#[test]
fn the_roots_number_counts_those_signed_with_rsa_alone() {
    let vector = vector("certSN-root");
    let roots = vector["inputs"]["certificates"].as_array().unwrap();
    let bundle: Vec<String> = roots.iter().map(outlined).collect();
    assert_eq!(root_sn(&bundle.join(",")).as_deref(), Some(text(&vector, "/expected/sn")));
    let without_rsa = [&bundle[0], &bundle[2]].map(String::as_str).join(",");
    assert_eq!(root_sn(&without_rsa), None);
    // Their keys are none that we could verify with.
    assert_eq!(certificates(&bundle[0]), None);
}

#[test]
fn what_is_no_certificate_is_none() {
    let good = published("certSN-app");
    for text in [
        "",
        ",",
        "AAAA",
        "no base64!",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        &good.replace("-----END CERTIFICATE-----", ""),
        &good.replace("-----BEGIN CERTIFICATE-----", ""),
        &good.replace("MIIEsT", "MIIEsR"),
        &format!("{good}{}", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        &format!("{},AAAA", bare(&good)),
    ] {
        assert_eq!(certificates(text), None, "{text}");
        assert_eq!(root_sn(text), None, "{text}");
    }
}

#[test]
fn no_changed_byte_makes_the_reader_panic() {
    let der = crate::signing::from_base64(&bare(&published("certSN-app")));
    for length in 0..der.len() {
        assert_eq!(certificates(&crate::signing::base64(&der[..length])), None, "{length} bytes of it");
    }
    for at in 0..der.len() {
        for byte in [0x00, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut changed = der.clone();
            changed[at] = byte;
            let text = crate::signing::base64(&changed);
            let _ = (certificates(&text), root_sn(&text));
        }
    }
}

/// A certificate that holds what its number depends on, in base64.
fn outlined(certificate: &Value) -> String {
    let issuer = certificate["issuer"].as_str().unwrap();
    let name: Vec<u8> = issuer.split(',').rev().flat_map(name_part).collect();
    let serial = match certificate["serial_decimal"].as_str().unwrap() {
        "95790491425698859646659490580052089075020051350" => {
            "10c764e9d560384212d9c08fd10e373fdd0fb396".to_owned()
        }
        others => format!("{:032x}", others.parse::<u128>().unwrap()),
    };
    let serial = hex::decode(&serial).unwrap();
    let algorithm =
        element(0x30, &element(0x06, &identifier(certificate["signature_oid"].as_str().unwrap())));
    let validity =
        element(0x30, &[element(0x17, b"200101000000Z"), element(0x17, b"400101000000Z")].concat());
    let to_be_signed = [
        element(0x02, &[&[0], serial.as_slice()].concat()),
        algorithm.clone(),
        element(0x30, &name),
        validity,
        element(0x30, &name),
        element(0x30, &algorithm),
    ];
    crate::signing::base64(&element(0x30, &element(0x30, &to_be_signed.concat())))
}

fn name_part(part: &str) -> Vec<u8> {
    let (label, value) = part.split_once('=').unwrap();
    let kind = match label {
        "CN" => 0x03,
        "C" => 0x06,
        "O" => 0x0a,
        "OU" => 0x0b,
        other => panic!("{other}"),
    };
    let pair = [element(0x06, &[0x55, 0x04, kind]), element(0x0c, value.as_bytes())].concat();
    element(0x31, &element(0x30, &pair))
}

/// An object identifier's contents.
pub(crate) fn identifier(text: &str) -> Vec<u8> {
    let numbers: Vec<u32> = text.split('.').map(|number| number.parse().unwrap()).collect();
    let mut bytes = vec![u8::try_from(numbers[0] * 40 + numbers[1]).unwrap()];
    for number in &numbers[2..] {
        let mut groups = vec![u8::try_from(number & 0x7f).unwrap()];
        let mut rest = number >> 7;
        while rest > 0 {
            groups.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        bytes.extend(groups.iter().rev());
    }
    bytes
}

/// A value of DER, its length in two bytes.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(contents.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, high, low], contents].concat()
}
