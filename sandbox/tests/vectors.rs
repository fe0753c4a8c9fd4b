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
