//! What do Worker and school have to know, and how are they told?

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::secrets::{Secrets, write_private};
use super::{FOLDER, Urls};
use crate::workspace;

/// The sandbox's own account of its keys (`GET /sandbox/config.json`).
#[derive(Deserialize)]
pub(super) struct Sandbox {
    pub(super) alipay: SandboxAlipay,
}

#[derive(Deserialize)]
pub(super) struct SandboxAlipay {
    gateway_url: String,
    #[serde(flatten)]
    pub(super) keys: AlipayKeys,
}

/// Both sides' keys, base64 DER, so that a script can act as either.
#[derive(Deserialize, Serialize)]
pub(super) struct AlipayKeys {
    app_id: String,
    seller_id: String,
    app_private_key: String,
    app_public_key: String,
    gateway_private_key: String,
    gateway_public_key: String,
}

pub(super) fn read_sandbox(json: &str) -> Result<Sandbox> {
    serde_json::from_str(json).context("the sandbox's config.json lacks something we need")
}

/// Below the folder of a run, for its owner only.
pub(super) const WORKER_VARIABLES: &str = "target/dev/worker.env";

/// Writes the Worker's variables where wrangler reads them.
pub(super) fn write_worker_variables(urls: &Urls, sandbox: &Sandbox, secrets: &Secrets) -> Result<()> {
    let text = env_file(&worker_variables(urls, sandbox, secrets))?;
    write_private(&workspace::path(WORKER_VARIABLES), &text).with_context(|| format!("in {FOLDER}"))
}

fn worker_variables(urls: &Urls, sandbox: &Sandbox, secrets: &Secrets) -> Vec<(&'static str, String)> {
    let alipay = &sandbox.alipay;
    let token = secrets.checkout_token();
    let port_of = |url: &str| url.rsplit(':').next().unwrap_or_default().to_owned();
    let origins = [
        urls.school_public.clone(),
        format!("http://localhost:{}", port_of(&urls.school)),
        urls.school.clone(),
        urls.worker.clone(),
        format!("http://localhost:{}", port_of(&urls.worker)),
        urls.worker_public.clone(),
    ];
    let webhooks = json!([{
        "url": format!("{}/webhooks/coursepay", urls.school),
        "secret": secrets.webhook_secret(),
    }]);
    vec![
        ("ALIPAY_APP_ID", alipay.keys.app_id.clone()),
        ("ALIPAY_SELLER_ID", alipay.keys.seller_id.clone()),
        ("ALIPAY_APP_PRIVATE_KEY", alipay.keys.app_private_key.clone()),
        ("ALIPAY_PUBLIC_KEYS", alipay.keys.gateway_public_key.clone()),
        ("ALIPAY_GATEWAY_URL", alipay.gateway_url.clone()),
        ("CHECKOUT_TOKEN_KEYS", format!("{}:{}", token.kid, token.secret)),
        ("DATA_KEYS", secrets.data_keys().to_owned()),
        ("ALLOWED_ORIGINS", origins.join(",")),
        ("PUBLIC_URL", urls.worker.clone()),
        ("WEBHOOK_ENDPOINTS", webhooks.to_string()),
    ]
}

/// dotenv: in single quotes a value is itself, so a value must hold none, and no line break.
fn env_file(variables: &[(&str, String)]) -> Result<String> {
    let mut text = String::new();
    for (name, value) in variables {
        ensure!(
            !value.contains(['\'', '\n', '\r']),
            "{name} holds a quote or a line break, which no env file can"
        );
        text.push_str(&format!("{name}='{value}'\n"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_keeps_json_as_it_is() {
        let text = env_file(&[("A", "[{\"url\":\"http://x\"}]".to_owned())]).unwrap();
        assert_eq!(text, "A='[{\"url\":\"http://x\"}]'\n");
    }

    #[test]
    fn a_value_that_would_end_its_quotes_is_refused() {
        assert!(env_file(&[("A", "it's".to_owned())]).is_err());
        assert!(env_file(&[("A", "one\ntwo".to_owned())]).is_err());
    }

    #[test]
    fn a_sandbox_that_lacks_a_key_is_refused() {
        assert!(read_sandbox(r#"{"alipay":{"gateway_url":"http://x","app_id":"1"}}"#).is_err());
    }
}
