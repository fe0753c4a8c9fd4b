//! Which lines set up an SDK? (ready to paste, this merchant's keys in them)

use crate::Gateway;
use crate::merchant::Merchant;

/// Lines for one language.
pub(super) struct Snippet {
    pub(super) language: &'static str,
    /// The package, as its registry names it.
    pub(super) package: &'static str,
    pub(super) text: String,
}

/// The lines for Node.js and for Python.
pub(super) fn of(gateway: Gateway, merchant: &Merchant, base_url: &str) -> [Snippet; 2] {
    let node = |package, text| Snippet { language: "Node.js", package, text };
    let python = |package, text| Snippet { language: "Python", package, text };
    match gateway {
        Gateway::Alipay => [
            node("alipay-sdk", alipay_node(merchant, base_url)),
            python("python-alipay-sdk", alipay_python(merchant, base_url)),
        ],
        Gateway::WechatPay => [
            node("wechatpay-axios-plugin", wechat_pay_node(merchant, base_url)),
            python("wechatpayv3", wechat_pay_python(merchant, base_url)),
        ],
        Gateway::Stripe => [
            node("stripe", stripe_node(merchant, base_url)),
            python("stripe", stripe_python(merchant, base_url)),
        ],
    }
}

fn alipay_node(merchant: &Merchant, base_url: &str) -> String {
    let account = &merchant.alipay;
    format!(
        "import {{ AlipaySdk }} from 'alipay-sdk';

const alipay = new AlipaySdk({{
  gateway: '{base_url}/gateway.do',
  appId: '{app_id}',
  keyType: 'PKCS8',
  privateKey: '{private_key}',
  alipayPublicKey: '{public_key}',
}});",
        app_id = account.app_id,
        private_key = account.app_key.private_key_base64(),
        public_key = account.gateway_key.public_key_base64(),
    )
}

/// The package has no public setting for the gateway's address.
fn alipay_python(merchant: &Merchant, base_url: &str) -> String {
    let account = &merchant.alipay;
    format!(
        "from alipay import AliPay

alipay = AliPay(
    appid='{app_id}',
    app_private_key_string='''{private_key}''',
    alipay_public_key_string='''{public_key}''',
)
alipay._gateway = '{base_url}/gateway.do'",
        app_id = account.app_id,
        private_key = account.app_key.private_key_pem(),
        public_key = account.gateway_key.public_key_pem(),
    )
}

fn wechat_pay_node(merchant: &Merchant, base_url: &str) -> String {
    let account = &merchant.wechat_pay;
    format!(
        "import {{ Wechatpay }} from 'wechatpay-axios-plugin';

const wxpay = new Wechatpay({{
  baseURL: '{base_url}',
  mchid: '{mchid}',
  serial: '{serial}',
  privateKey: `{private_key}`,
  certs: {{
    '{key_id}': `{public_key}`,
  }},
  headers: {{ 'Wechatpay-Serial': '{key_id}' }},
}});",
        mchid = account.mchid,
        serial = account.merchant_certificate.serial_no,
        private_key = account.merchant_key.private_key_pem(),
        key_id = account.public_key_id,
        public_key = account.public_key.public_key_pem(),
    )
}

/// The package has no public setting for the gateway's address.
fn wechat_pay_python(merchant: &Merchant, base_url: &str) -> String {
    let account = &merchant.wechat_pay;
    format!(
        "from wechatpayv3 import WeChatPay, WeChatPayType

wxpay = WeChatPay(
    wechatpay_type=WeChatPayType.NATIVE,
    mchid='{mchid}',
    appid='{appid}',
    private_key='''{private_key}''',
    cert_serial_no='{serial}',
    apiv3_key='{api_v3_key}',
    public_key='''{public_key}''',
    public_key_id='{key_id}',
)
wxpay._core._gate_way = '{base_url}'",
        mchid = account.mchid,
        appid = account.appid,
        private_key = account.merchant_key.private_key_pem(),
        serial = account.merchant_certificate.serial_no,
        api_v3_key = account.api_v3_key,
        public_key = account.public_key.public_key_pem(),
        key_id = account.public_key_id,
    )
}

/// stripe-node wants the parts of the address apart.
fn stripe_node(merchant: &Merchant, base_url: &str) -> String {
    let (protocol, rest) = base_url.split_once("://").unwrap_or(("http", base_url));
    let host = rest.split('/').next().unwrap_or_default();
    let usual = if protocol == "https" { "443" } else { "80" };
    let (host, port) = host.rsplit_once(':').unwrap_or((host, usual));
    format!(
        "import Stripe from 'stripe';

const stripe = new Stripe('{secret_key}', {{
  host: '{host}',
  port: {port},
  protocol: '{protocol}',
}});",
        secret_key = merchant.stripe.secret_key,
    )
}

fn stripe_python(merchant: &Merchant, base_url: &str) -> String {
    format!(
        "from stripe import StripeClient

client = StripeClient(
    '{secret_key}',
    base_addresses={{'api': '{base_url}'}},
)",
        secret_key = merchant.stripe.secret_key,
    )
}
