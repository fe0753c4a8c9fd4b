//! Who vouches for a public key, and by which numbers is a certificate called?

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::der::{DecodePem as _, EncodePem as _, pem::LineEnding};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use crate::keys::{KeyError, KeyMaker, KeyPair};
use crate::random::Random;

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Its key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It could not be put together.
    #[error("a certificate could not be made: {0}")]
    Builder(#[from] x509_cert::builder::Error),
    /// It could not be written.
    #[error("a certificate could not be written: {0}")]
    Der(#[from] x509_cert::der::Error),
    /// Its key could not be read.
    #[error("a certificate's key could not be read: {0}")]
    Spki(#[from] x509_cert::spki::Error),
}

/// A certificate and the numbers gateways call it by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Certificate {
    /// PEM.
    pub pem: String,
    /// The serial number as 40 upper-case hex digits, as WeChat Pay writes it.
    pub serial_no: String,
    /// Lower-case hex MD5 of the issuer's name and the decimal serial, as Alipay's SDKs reckon it.
    pub alipay_sn: String,
    /// First and last second, in epoch seconds.
    pub valid_s: (u32, u32),
}

/// What signs certificates, with its own.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    key: KeyPair,
    pub(crate) certificate: Certificate,
}

/// The order of DER, most general first; as text (RFC 4514) the names stand the other way round.
const AUTHORITY: &str = "CN=Coursepay Sandbox Root,OU=Not for money,O=Coursepay,C=CN";
/// The names of an authority as Alipay concatenates them: most specific first.
const ISSUER_TEXT: &str = AUTHORITY;

/// 2024-01-01 and 2049-12-31, the last year that X.509 writes with two digits: business time may be moved
/// far, and no SDK is to stumble over it.
const VALID_S: (u32, u32) = (1_704_067_200, 2_524_521_600);

impl Authority {
    /// Makes a root.
    pub(crate) fn generate(maker: KeyMaker, random: &mut Random) -> Result<Self, CertificateError> {
        let key = KeyPair::made_by(maker, random)?;
        let certificate = issue(&key, Profile::Root, AUTHORITY, &key, random)?;
        Ok(Self { key, certificate })
    }

    /// Vouches that `key` belongs to `common_name` (letters, digits, blanks).
    pub(crate) fn issue(
        &self,
        common_name: &str,
        key: &KeyPair,
        random: &mut Random,
    ) -> Result<Certificate, CertificateError> {
        let issuer = name(AUTHORITY)?;
        let profile = Profile::Leaf { issuer, enable_key_agreement: false, enable_key_encipherment: true };
        issue(key, profile, &format!("CN={common_name},O=Coursepay Sandbox,C=CN"), &self.key, random)
    }
}

fn name(text: &str) -> Result<Name, CertificateError> {
    Ok(text.parse()?)
}

fn issue(
    key: &KeyPair,
    profile: Profile,
    subject: &str,
    signer: &KeyPair,
    random: &mut Random,
) -> Result<Certificate, CertificateError> {
    // A positive number of exactly twenty bytes.
    let serial_no = format!("5{}", random.upper_hex(20).split_off(1));
    let alipay_sn = sn(ISSUER_TEXT, &serial_no);
    // Stand-ins are known to no SDK, so nobody reads their certificates.
    let pem = match signer.rsa_signer() {
        None => "stand-in\n".to_owned(),
        Some(signer) => {
            let serial = SerialNumber::new(&hex::decode(&serial_no).unwrap_or_default())?;
            let time = |seconds: u32| {
                let since_1970 = std::time::Duration::from_secs(u64::from(seconds));
                Ok::<_, CertificateError>(Time::UtcTime(x509_cert::der::asn1::UtcTime::from_unix_duration(
                    since_1970,
                )?))
            };
            let validity = Validity { not_before: time(VALID_S.0)?, not_after: time(VALID_S.1)? };
            let public = SubjectPublicKeyInfoOwned::from_pem(key.public_key_pem().as_bytes())?;
            CertificateBuilder::new(profile, serial, validity, name(subject)?, public, signer)?
                .build::<rsa::pkcs1v15::Signature>()?
                .to_pem(LineEnding::LF)?
        }
    };
    Ok(Certificate { pem, serial_no, alipay_sn, valid_s: VALID_S })
}

/// How Alipay calls a certificate: MD5 of the issuer's names, most specific first, and the decimal serial.
fn sn(issuer: &str, serial_hex: &str) -> String {
    let serial = rsa::BigUint::parse_bytes(serial_hex.as_bytes(), 16).unwrap_or_default();
    hex::encode(Md5::digest(format!("{issuer}{serial}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issuers, decimal serials and numbers of Alipay's own certificates, as published with the tests of
    /// alipay/alipay-sdk-nodejs-all (test/antcertutil.test.ts, MIT).
    #[test]
    fn the_published_certificates_have_their_published_numbers() {
        let authority = |name: &str| {
            format!(
                "CN=Ant Financial Certification Authority {name},OU=Certification Authority,O=Ant Financial,C=CN"
            )
        };
        for (issuer, serial, number) in [
            (
                authority("Class 1 R1"),
                "42701552708448241360226107228231049510",
                "866efef280dec9137a87d047ac446315",
            ),
            (
                authority("Class 2 R1"),
                "42701552432456004857627230056898180491",
                "7513daaaa48aa3ba2e4018d84402479c",
            ),
            (authority("R1"), "2292228364100439313", "687b59193f3f462dd5336e5abf83c5d8"),
            (
                "CN=iTrusChina Class 2 Root CA - G3,OU=China Trust Network,O=iTrusChina,C=CN".to_owned(),
                "95790491425698859646659490580052089075020051350",
                "02941eef3187dddf3d3b83462e1dfcf6",
            ),
        ] {
            let serial = rsa::BigUint::parse_bytes(serial.as_bytes(), 10).unwrap();
            assert_eq!(sn(&issuer, &serial.to_str_radix(16)), number, "{issuer}");
        }
    }
}
