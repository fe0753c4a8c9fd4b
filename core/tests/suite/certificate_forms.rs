//! In which forms may a certificate say what we read of it? (RFC 5280)

use coursepay_core::gateway::alipay::certificates::root_sn;
use coursepay_core::gateway::wechat_pay::{PlatformCertificate, SealedCertificate};
use coursepay_core::time::Timestamp;
use md5::{Digest, Md5};

use crate::alipay_certificates::{element, identifier};
use crate::signing::base64;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A certificate that holds what is read of one, and no true key or signature.
struct Outline {
    version: Option<Vec<u8>>,
    serial: Vec<u8>,
    issuer: Vec<u8>,
    validity: Vec<u8>,
    algorithm: &'static str,
}

fn name(parts: &[(&str, u8, &str)]) -> Vec<u8> {
    let part = |(kind, tag, value): &(&str, u8, &str)| {
        let pair = [element(OBJECT_IDENTIFIER, &identifier(kind)), element(*tag, value.as_bytes())].concat();
        element(SET, &element(SEQUENCE, &pair))
    };
    element(SEQUENCE, &parts.iter().flat_map(part).collect::<Vec<u8>>())
}

fn outline() -> Outline {
    Outline {
        version: None,
        serial: vec![0x2a],
        issuer: name(&[("2.5.4.3", UTF8_STRING, "Root")]),
        validity: [element(UTC_TIME, b"200101000000Z"), element(UTC_TIME, b"400101000000Z")].concat(),
        algorithm: "1.2.840.113549.1.1.11",
    }
}

impl Outline {
    fn der(&self) -> Vec<u8> {
        let algorithm = element(SEQUENCE, &element(OBJECT_IDENTIFIER, &identifier(self.algorithm)));
        let to_be_signed = [
            self.version.clone().unwrap_or_default(),
            element(0x02, &self.serial),
            algorithm.clone(),
            self.issuer.clone(),
            element(SEQUENCE, &self.validity),
            self.issuer.clone(),
            element(SEQUENCE, &algorithm),
        ];
        element(SEQUENCE, &element(SEQUENCE, &to_be_signed.concat()))
    }

    /// As Alipay would call it.
    fn number(&self) -> Option<String> {
        root_sn(&base64(&self.der()))
    }

    /// As WeChat would have handed it out, in a list that leaves it all its life.
    fn handed_out(&self) -> Option<PlatformCertificate> {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", base64(&self.der()));
        let listed = SealedCertificate {
            serial_no: hex::encode(&self.serial),
            valid_from: Timestamp::from_ms(i64::MIN),
            valid_until: Timestamp::from_ms(i64::MAX),
            nonce: [0; 12],
            aad: Vec::new(),
            ciphertext: Vec::new(),
        };
        listed.read(pem.as_bytes()).ok()
    }
}

fn md5(text: &str) -> Option<String> {
    Some(hex::encode(Md5::digest(text)))
}

#[test]
fn a_serial_number_is_called_by_its_decimal_digits() {
    for number in [0_u128, 1, 9, 10, 99, 255, 256, 1_000, 2_559, 2_560, 25_600, 65_536, u128::MAX] {
        let bytes = number.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        // The byte of zeros that keeps a number positive, which all of them may have.
        let serial = [&[0], &bytes[zeros..]].concat();
        assert_eq!(Outline { serial, ..outline() }.number(), md5(&format!("CN=Root{number}")), "{number}");
    }
}

#[test]
fn an_issuer_is_called_by_its_parts_the_last_one_first() {
    let parts = [
        ("2.5.4.6", 0x13, "CN"),
        ("2.5.4.8", UTF8_STRING, "Zhejiang"),
        ("2.5.4.7", UTF8_STRING, "杭州"),
        ("2.5.4.10", UTF8_STRING, "Ant"),
        ("2.5.4.11", 0x16, "Certification"),
        ("2.5.4.3", UTF8_STRING, "Root"),
    ];
    let named = Outline { issuer: name(&parts), ..outline() };
    assert_eq!(named.number(), md5("CN=Root,OU=Certification,O=Ant,L=杭州,ST=Zhejiang,C=CN42"));
    // Common libraries call these differently: a postal address, a name in two-byte letters, two parts in one.
    let address = name(&[("2.5.4.16", UTF8_STRING, "Root")]);
    let two_byte_letters = name(&[("2.5.4.3", 0x1e, "\0R")]);
    let pair = [element(OBJECT_IDENTIFIER, &identifier("2.5.4.3")), element(UTF8_STRING, b"Root")].concat();
    let part = element(SEQUENCE, &pair);
    let two_in_one = element(SEQUENCE, &element(SET, &[part.clone(), part].concat()));
    for issuer in [address, two_byte_letters, two_in_one] {
        assert_eq!(Outline { issuer, ..outline() }.number(), None);
    }
}

#[test]
fn only_what_is_signed_with_rsa_is_a_root() {
    for (algorithm, is_root) in [
        ("1.2.840.113549.1.1.5", true),
        ("1.2.840.113549.1.1.11", true),
        ("1.2.840.10045.4.3.2", false),
        ("1.2.156.10197.1.501", false),
    ] {
        assert_eq!(Outline { algorithm, ..outline() }.number().is_some(), is_root, "{algorithm}");
    }
}

#[test]
fn a_version_may_stand_before_the_serial_number_and_nothing_else_may() {
    let version = element(0xa0, &element(0x02, &[2]));
    assert!(Outline { version: Some(version), ..outline() }.handed_out().is_some());
    let other = element(0xa1, &element(0x02, &[2]));
    assert!(Outline { version: Some(other), ..outline() }.handed_out().is_none());
}

#[test]
fn years_of_two_digits_are_those_from_1950_to_2049_and_others_have_four() {
    let life = |from: Vec<u8>, until: Vec<u8>| {
        let read = Outline { validity: [from, until].concat(), ..outline() }.handed_out()?;
        Some((read.valid_from.seconds(), read.valid_until.seconds()))
    };
    let short = |text: &str| element(UTC_TIME, text.as_bytes());
    let long = |text: &str| element(GENERALIZED_TIME, text.as_bytes());
    // date -u -d '1950-01-01' +%s, and so on.
    assert_eq!(life(short("500101000000Z"), short("491231235959Z")), Some((-631_152_000, 2_524_607_999)));
    assert_eq!(life(long("19491231235959Z"), long("20500101000000Z")), Some((-631_152_001, 2_524_608_000)));
    for bad in
        [short("200101000000"), short("2001010000Z"), short("201301000000Z"), element(0x16, b"200101000000Z")]
    {
        assert_eq!(life(bad, short("491231235959Z")), None);
    }
}

#[test]
fn a_length_is_one_byte_below_128_or_one_to_three_bytes_that_are_counted() {
    let with_name_of = |length: &[u8], contents: usize| {
        let issuer = [&[SEQUENCE], length, &vec![0; contents]].concat();
        Outline { issuer, ..outline() }.handed_out().is_some()
    };
    assert!(with_name_of(&[0x7f], 127));
    assert!(with_name_of(&[0x81, 0x80], 128));
    assert!(with_name_of(&[0x82, 0x01, 0x02], 258));
    assert!(with_name_of(&[0x83, 0x00, 0x01, 0x02], 258));
    assert!(!with_name_of(&[0x80], 128), "a length that is not said");
    assert!(!with_name_of(&[0x84, 0x00, 0x00, 0x01, 0x02], 258));
    assert!(!with_name_of(&[0x83, 0xff, 0xff, 0xff], 258), "longer than what is there");
}
