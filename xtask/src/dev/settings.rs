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
    wechat_pay: SandboxWechatPay,
    pub(super) stripe: SandboxStripe,
}

/// Keys as PEM.
#[derive(Deserialize)]
struct SandboxWechatPay {
    base_url: String,
    mchid: String,
    appid: String,
    app_secret: String,
    api_v3_key: String,
    merchant_serial_no: String,
    merchant_private_key: String,
    public_key_id: String,
    public_key: String,
}

#[derive(Deserialize)]
pub(super) struct SandboxStripe {
    pub(super) api_base: String,
    pub(super) secret_key: String,
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
pub(super) fn write_worker_variables(
    urls: &Urls,
    sandbox: &Sandbox,
    stripe_webhook_secret: String,
    secrets: &Secrets,
) -> Result<()> {
    let mut variables = worker_variables(urls, sandbox, secrets);
    variables.push(("STRIPE_WEBHOOK_SECRETS", stripe_webhook_secret));
    let text = env_file(&variables)?;
    write_private(&workspace::path(WORKER_VARIABLES), &text).with_context(|| format!("in {FOLDER}"))
}

fn worker_variables(urls: &Urls, sandbox: &Sandbox, secrets: &Secrets) -> Vec<(&'static str, String)> {
    let Sandbox { alipay, wechat_pay, stripe } = sandbox;
    let wechat_pay_key = format!("{}:{}", wechat_pay.public_key_id, base64_of(&wechat_pay.public_key));
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
        ("WECHAT_PAY_BASE_URL", wechat_pay.base_url.clone()),
        ("WECHAT_PAY_MCHID", wechat_pay.mchid.clone()),
        ("WECHAT_PAY_APPID", wechat_pay.appid.clone()),
        ("WECHAT_PAY_APP_SECRET", wechat_pay.app_secret.clone()),
        ("WECHAT_PAY_LOGIN_PAGES_URL", wechat_pay.base_url.clone()),
        ("WECHAT_PAY_LOGIN_API_URL", wechat_pay.base_url.clone()),
        ("WECHAT_PAY_API_V3_KEYS", wechat_pay.api_v3_key.clone()),
        ("WECHAT_PAY_MERCHANT_SERIAL_NO", wechat_pay.merchant_serial_no.clone()),
        ("WECHAT_PAY_MERCHANT_PRIVATE_KEY", base64_of(&wechat_pay.merchant_private_key)),
        ("WECHAT_PAY_PUBLIC_KEYS", wechat_pay_key),
        ("STRIPE_BASE_URL", stripe.api_base.clone()),
        ("STRIPE_SECRET_KEY", stripe.secret_key.clone()),
        ("CHECKOUT_TOKEN_KEYS", format!("{}:{}", token.kid, token.secret)),
        ("DATA_KEYS", secrets.data_keys().to_owned()),
        ("ALLOWED_ORIGINS", origins.join(",")),
        ("PUBLIC_URL", urls.worker.clone()),
        ("WEBHOOK_ENDPOINTS", webhooks.to_string()),
    ]
}

/// What stands between the lines of a PEM: an env file has no room for lines.
fn base64_of(pem: &str) -> String {
    pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect()
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
