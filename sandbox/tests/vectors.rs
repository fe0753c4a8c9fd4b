//! Do the sandbox's strings and signatures match the published samples? (sources stand beside each one)

#[cfg(test)]
mod alipay {
    use coursepay_sandbox::PublicKey;
    use coursepay_sandbox::alipay::sign::{notify_text, request_text};
    use serde_json::Value;

    fn vector(id: &str) -> Value {
        let all: Vec<Value> = serde_json::from_str(include_str!("vectors/alipay.json")).unwrap();
        all.into_iter().find(|vector| vector["id"] == id).unwrap()
    }

    fn key_of(vector: &Value) -> PublicKey {
        PublicKey::from_pem(vector["keys"]["public_key_pem"].as_str().unwrap()).unwrap()
    }

    #[test]
    fn the_published_notify_has_this_text_and_its_signature_fits() {
        let vector = vector("A1");
        let body = vector["inputs"]["form_body"].as_str().unwrap();
        let params: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let pairs = || params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signature = &params.iter().find(|(name, _)| name == "sign").unwrap().1;

        assert_eq!(notify_text(pairs()), vector["expected"]["canonical"].as_str().unwrap());
        assert!(key_of(&vector).verifies_sha256(&notify_text(pairs()), signature));
        assert!(
            !key_of(&vector).verifies_sha256(&request_text(pairs()), signature),
            "sign_type must stay out"
        );
    }

    #[test]
    fn the_published_upload_response_is_signed_over_its_raw_text() {
        let vector = vector("A3");
        let signed = vector["expected"]["signed_substring"].as_str().unwrap();
        let signature = vector["inputs"]["sign"].as_str().unwrap();
        assert!(vector["inputs"]["raw_body"].as_str().unwrap().contains(signed));
        assert!(key_of(&vector).verifies_sha256(signed, signature));
        assert!(!key_of(&vector).verifies_sha256(&signed.replace("Success", "success"), signature));
    }

    #[test]
    fn the_published_query_response_is_signed_over_its_raw_text() {
        let vector = vector("A4");
        let signed = vector["inputs"]["signed_substring"].as_str().unwrap();
        let signature = vector["inputs"]["sign"].as_str().unwrap();
        assert!(key_of(&vector).verifies_sha256(signed, signature));
        assert!(!key_of(&vector).verifies_sha256(&format!("{signed} "), signature));
        assert!(!key_of(&vector).verifies_sha256(signed, ""));
        assert!(!key_of(&vector).verifies_sha256(signed, "not base64"));
    }
}

#[cfg(test)]
mod wechat_pay {
    use aes_gcm::aead::{Aead as _, Payload};
    use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use coursepay_sandbox::wechat_pay::seal::seal;
    use coursepay_sandbox::wechat_pay::sign::{answer_text, jsapi_text, request_text};
    use coursepay_sandbox::{KeyPair, PublicKey};
    use rsa::pkcs8::EncodePublicKey as _;
    use serde_json::Value;
    use x509_cert::der::{DecodePem as _, Encode as _};

    fn vector(id: &str) -> Value {
        let all: Vec<Value> = serde_json::from_str(include_str!("vectors/wechat_pay.json")).unwrap();
        all.into_iter().find(|vector| vector["id"] == id).unwrap()
    }

    fn text<'a>(vector: &'a Value, pointer: &str) -> &'a str {
        vector.pointer(pointer).and_then(Value::as_str).unwrap()
    }

    fn merchant_key(vector: &Value) -> KeyPair {
        KeyPair::from_pkcs8_base64(text(vector, "/keys/private_key_pkcs8_base64")).unwrap()
    }

    #[test]
    fn the_published_request_has_this_text_and_this_signature() {
        let vector = vector("W1");
        let input = |name: &str| text(&vector, &format!("/inputs/{name}")).to_owned();
        let signed = request_text(
            &input("method"),
            &input("path"),
            &input("timestamp"),
            &input("nonce"),
            &input("body"),
        );
        assert_eq!(signed, text(&vector, "/expected/message"));
        assert_eq!(merchant_key(&vector).sign_sha256(&signed), text(&vector, "/expected/signature"));
    }

    #[test]
    fn the_published_page_parameters_have_this_text_and_this_signature() {
        let vector = vector("W2");
        let input = |name: &str| text(&vector, &format!("/inputs/{name}")).to_owned();
        let signed = jsapi_text(&input("appId"), &input("timeStamp"), &input("nonceStr"), &input("package"));
        assert_eq!(signed, text(&vector, "/expected/message"));
        let signature = text(&vector, "/expected/signature");
        assert_eq!(merchant_key(&vector).sign_sha256(&signed), signature);
        assert!(merchant_key(&vector).public().verifies_sha256(&signed, signature));
    }

    /// The text of a published answer or callback, and its signature.
    fn answer(vector: &Value) -> (String, String) {
        let header = |name: &str| text(vector, &format!("/inputs/headers/{name}")).to_owned();
        let signed = answer_text(
            &header("Wechatpay-Timestamp"),
            &header("Wechatpay-Nonce"),
            text(vector, "/inputs/body"),
        );
        assert_eq!(signed, text(vector, "/expected/message"));
        (signed, header("Wechatpay-Signature"))
    }

    #[test]
    fn the_published_answer_is_signed_with_the_public_key() {
        let vector = vector("W4");
        let (signed, signature) = answer(&vector);
        let key = PublicKey::from_pem(text(&vector, "/keys/public_key_pem")).unwrap();
        assert!(key.verifies_sha256(&signed, &signature));
        assert!(!key.verifies_sha256(signed.trim_end(), &signature));
    }

    #[test]
    fn the_published_callback_is_signed_with_the_certificate() {
        let vector = vector("W5");
        let (signed, signature) = answer(&vector);
        let certificate = x509_cert::Certificate::from_pem(text(&vector, "/keys/certificate_pem")).unwrap();
        let spki = certificate.tbs_certificate.subject_public_key_info.to_der().unwrap();
        let key = PublicKey::from_spki_base64(&BASE64.encode(spki)).unwrap();
        assert!(key.verifies_sha256(&signed, &signature));
        let PublicKey::Rsa(rsa) = key else { panic!("a stand-in") };
        assert!(rsa.to_public_key_der().is_ok());
    }

    #[test]
    fn the_published_secret_is_sealed_to_these_very_bytes() {
        let vector = vector("W6");
        let sealed = seal(
            text(&vector, "/keys/key_utf8"),
            text(&vector, "/inputs/nonce"),
            text(&vector, "/inputs/associated_data"),
            text(&vector, "/expected/plaintext").as_bytes(),
        );
        assert_eq!(sealed.as_deref(), Some(text(&vector, "/inputs/ciphertext_base64")));
        assert_eq!(seal("short", "uluk4a9R25RW", "", b""), None);
        assert_eq!(seal(text(&vector, "/keys/key_utf8"), "short", "", b""), None);
    }

    #[test]
    fn the_published_certificates_are_sealed_in_the_same_way() {
        let vector = vector("W7");
        let body: Value = serde_json::from_str(text(&vector, "/inputs/body")).unwrap();
        let sealed = &body["data"][0]["encrypt_certificate"];
        let (key, nonce) = (text(&vector, "/keys/key_utf8"), text(sealed, "/nonce"));
        let ciphertext = BASE64.decode(text(sealed, "/ciphertext")).unwrap();
        let payload = Payload { msg: &ciphertext, aad: text(sealed, "/associated_data").as_bytes() };
        let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).unwrap();
        let plain = cipher.decrypt(&Nonce::try_from(nonce.as_bytes()).unwrap(), payload).unwrap();
        let again = seal(key, nonce, "certificate", &plain);
        assert_eq!(again.as_deref(), Some(text(sealed, "/ciphertext")));
        let certificate = x509_cert::Certificate::from_pem(&plain).unwrap();
        let serial = hex::encode_upper(certificate.tbs_certificate.serial_number.as_bytes());
        assert_eq!(serial, text(&body, "/data/0/serial_no"));
    }
}
