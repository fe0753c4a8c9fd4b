//! Who signs with what, and how is an RSA signature made and checked?
//!
//! RSASSA-PKCS1-v1_5 over SHA-256 with 2048-bit keys is what Alipay calls RSA2 and what WeChat Pay v3
//! uses too. Nothing here is shared with the code that the sandbox checks: a mistake on one side does
//! not agree with itself on the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::RngCore as _;
use rsa::sha2::{Digest, Sha256};
use rsa::signature::{SignatureEncoding, Signer as _, Verifier as _};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Oaep, RsaPrivateKey, RsaPublicKey};
use serde::{Deserialize, Serialize};

use crate::random::Random;

const KEY_BITS: usize = 2048;

/// Why a key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is not base64.
    #[error("a key must be base64 of its DER bytes: {0}")]
    Base64(#[from] base64::DecodeError),
    /// The bytes are no private key.
    #[error("expected a PKCS#8 RSA private key: {0}")]
    Private(#[from] rsa::pkcs8::Error),
    /// The bytes are no public key.
    #[error("expected an SPKI RSA public key: {0}")]
    Public(#[from] rsa::pkcs8::spki::Error),
    /// The arithmetic refused.
    #[error("an RSA key could not be made: {0}")]
    Rsa(#[from] rsa::Error),
}

/// How keys are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyMaker {
    /// RSA-2048.
    Rsa,
    /// A shared secret under a hash: no protection, but a hundred times faster.
    StandIn,
}

/// A stand-in key says what it is wherever it is shown.
const STAND_IN: &str = "stand-in:";

/// A private key with its public half, kept as text the way gateways print them: base64 of DER.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyPair {
    signer: Signer,
    public: PublicKey,
    private_key_base64: String,
    public_key_base64: String,
}

#[derive(Clone)]
enum Signer {
    Rsa(Box<SigningKey<Sha256>>),
    StandIn([u8; 16]),
}

impl KeyPair {
    /// Makes a new RSA-2048 pair (a fraction of a second).
    ///
    /// # Errors
    /// When no primes are found, which a working generator does not let happen.
    pub fn generate(random: &mut Random) -> Result<Self, KeyError> {
        Self::from_private(RsaPrivateKey::new(random, KEY_BITS)?)
    }

    pub(crate) fn made_by(maker: KeyMaker, random: &mut Random) -> Result<Self, KeyError> {
        match maker {
            KeyMaker::Rsa => Self::generate(random),
            KeyMaker::StandIn => {
                let mut secret = [0; 16];
                random.fill_bytes(&mut secret);
                Ok(Self::from_stand_in(secret))
            }
        }
    }

    /// Reads base64 of a PKCS#8 private key.
    ///
    /// # Errors
    /// When the text is not base64 or not such a key.
    pub fn from_pkcs8_base64(text: &str) -> Result<Self, KeyError> {
        Self::from_private(RsaPrivateKey::from_pkcs8_der(&BASE64.decode(text)?)?)
    }

    fn from_private(private: RsaPrivateKey) -> Result<Self, KeyError> {
        let public = private.to_public_key();
        Ok(Self {
            private_key_base64: BASE64.encode(private.to_pkcs8_der()?.as_bytes()),
            public_key_base64: BASE64.encode(public.to_public_key_der()?.as_bytes()),
            signer: Signer::Rsa(Box::new(SigningKey::new(private))),
            public: PublicKey::Rsa(public),
        })
    }

    fn from_stand_in(secret: [u8; 16]) -> Self {
        let text = format!("{STAND_IN}{}", hex::encode(secret));
        Self {
            signer: Signer::StandIn(secret),
            public: PublicKey::StandIn(secret),
            private_key_base64: text.clone(),
            public_key_base64: text,
        }
    }

    /// Base64 of the PKCS#8 private key.
    #[must_use]
    pub fn private_key_base64(&self) -> &str {
        &self.private_key_base64
    }

    /// Base64 of the SPKI public key.
    #[must_use]
    pub fn public_key_base64(&self) -> &str {
        &self.public_key_base64
    }

    /// The private key as PKCS#8 PEM.
    #[must_use]
    pub fn private_key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.private_key_base64)
    }

    /// The public key as SPKI PEM.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public_key_base64)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`; the answer is base64.
    #[must_use]
    pub fn sign_sha256(&self, message: &str) -> String {
        match &self.signer {
            // Signing fails only for keys too short for the hash; every key here has 2048 bits. An empty
            // signature verifies nowhere, so even then nothing false is said.
            Signer::Rsa(key) => key
                .try_sign(message.as_bytes())
                .map(|signature| BASE64.encode(signature.to_bytes()))
                .unwrap_or_default(),
            Signer::StandIn(secret) => stand_in_signature(secret, message),
        }
    }

    /// Opens what was encrypted for this key with RSA-OAEP, SHA-1 and MGF1-SHA1; `None` when it was not.
    pub(crate) fn decrypt_oaep_sha1(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        match &self.signer {
            Signer::Rsa(key) => {
                let private: &RsaPrivateKey = key.as_ref().as_ref();
                private.decrypt(Oaep::new::<sha1::Sha1>(), ciphertext).ok()
            }
            Signer::StandIn(_) => None,
        }
    }

    /// The RSA signer, for certificates; `None` for a stand-in.
    pub(crate) fn rsa_signer(&self) -> Option<&SigningKey<Sha256>> {
        match &self.signer {
            Signer::Rsa(key) => Some(key),
            Signer::StandIn(_) => None,
        }
    }
}

fn stand_in_signature(secret: &[u8; 16], message: &str) -> String {
    BASE64.encode(Sha256::new().chain_update(secret).chain_update(message.as_bytes()).finalize())
}

/// RFC 7468: 64 characters a line.
fn pem(label: &str, base64: &str) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64;
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

impl TryFrom<String> for KeyPair {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        let secret = text.strip_prefix(STAND_IN).and_then(|hex| hex::decode(hex).ok()?.try_into().ok());
        match secret {
            Some(secret) => Ok(Self::from_stand_in(secret)),
            None => Self::from_pkcs8_base64(&text),
        }
    }
}

impl From<KeyPair> for String {
    fn from(pair: KeyPair) -> Self {
        pair.private_key_base64
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyPair")
    }
}

/// What checks a signature.
#[derive(Debug, Clone)]
pub enum PublicKey {
    /// The real thing.
    Rsa(RsaPublicKey),
    /// A shared secret: see [`Keys::stand_in`](crate::Keys::stand_in).
    StandIn([u8; 16]),
}

/// What a signature says when it is opened with a public key (the PKCS#1 v1.5 padding removed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A SHA-256 digest: made by the private half of this key over some text.
    Sha256([u8; 32]),
    /// A SHA-1 digest: the right key, the older algorithm.
    Sha1,
    /// Nothing that makes sense: another key, or damaged.
    Nonsense,
}

impl PublicKey {
    /// Reads base64 of an SPKI public key.
    ///
    /// # Errors
    /// When the text is not base64 or not such a key.
    pub fn from_spki_base64(text: &str) -> Result<Self, KeyError> {
        Ok(Self::Rsa(RsaPublicKey::from_public_key_der(&BASE64.decode(text)?)?))
    }

    /// Reads a PEM public key. Lines may be of any length: Alipay's own tools write a single long one, which
    /// RFC 7468 does not allow.
    ///
    /// # Errors
    /// When the text is not such a key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let base64: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        Self::from_spki_base64(&base64)
    }

    /// Whether `signature` (base64) was made over exactly `message` by the private half of this key.
    #[must_use]
    pub fn verifies_sha256(&self, message: &str, signature: &str) -> bool {
        let key = match self {
            Self::Rsa(key) => key,
            Self::StandIn(secret) => return signature == stand_in_signature(secret, message),
        };
        let Ok(bytes) = BASE64.decode(signature) else { return false };
        let Ok(signature) = Signature::try_from(bytes.as_slice()) else { return false };
        VerifyingKey::<Sha256>::new(key.clone()).verify(message.as_bytes(), &signature).is_ok()
    }

    /// Opens a signature to see which digest it carries: how a refusal is explained, never how one is
    /// decided.
    pub(crate) fn open(&self, signature: &[u8]) -> Opened {
        // EMSA-PKCS1-v1_5: 00 01 ff…ff 00 ‖ DigestInfo ‖ digest (RFC 8017 §9.2); the integer drops the 00.
        const SHA256_INFO: [u8; 19] =
            [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        const SHA1_INFO: [u8; 15] = [0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14];
        let Self::Rsa(key) = self else { return Opened::Nonsense };
        let number = BigUint::from_bytes_be(signature);
        if number >= *key.n() {
            return Opened::Nonsense;
        }
        let padded = number.modpow(key.e(), key.n()).to_bytes_be();
        let Some(rest) = padded.strip_prefix(&[1]) else { return Opened::Nonsense };
        let filler = rest.iter().take_while(|byte| **byte == 0xff).count();
        let Some(info) = rest.get(filler..).and_then(|rest| rest.strip_prefix(&[0])) else {
            return Opened::Nonsense;
        };
        if info.strip_prefix(&SHA1_INFO).is_some_and(|digest| digest.len() == 20) {
            return Opened::Sha1;
        }
        match info.strip_prefix(&SHA256_INFO).map(<[u8; 32]>::try_from) {
            Some(Ok(digest)) => Opened::Sha256(digest),
            _ => Opened::Nonsense,
        }
    }
}
