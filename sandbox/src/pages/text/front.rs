//! Words of the overview.

use super::words;

words! {
    TITLE: "支付网关，就在你的桌面上", "Payment gateways on your desk";
    LEAD: "与支付宝、微信支付、Stripe 相同的路径、签名、回调与错误码。密钥是真的，钱不是；官方 SDK 换一个地址就能用。",
        "The paths, signatures, callbacks and error codes of Alipay, WeChat Pay and Stripe. The keys are real, the money is not: change one address and the official SDKs work.";
    CONNECT: "接入 SDK", "Connect an SDK";
    MAKE_FAULT: "制造一个故障", "Make something fail";
    NEWEST: "最近的付款", "Newest payments";
    ALL_PAYMENTS: "全部付款", "All payments";
    NO_PAYMENTS: "还没有付款", "No payments yet";
    NO_PAYMENTS_DETAIL: "用下面的参数发起第一笔，它会出现在这里。", "Start the first one with the settings below; it appears here.";
    COUNT: "笔付款", "payments";
    COUNT_WAITING: "笔待付款", "waiting";
    COUNT_FAULTS: "个故障生效", "faults armed";
    NEWEST_DIAGNOSIS: "最近一次签名不对", "The last signature that did not fit";
    WHOLE_LOG: "请求日志", "The whole log";
    SETTINGS: "接入参数", "Settings";
    SETTINGS_DETAIL: "首次启动时生成，之后不变。与正式环境相比，只有网关地址不同。",
        "Made on the first start and kept. Only the address differs from production.";
    ADDRESS: "网关地址", "Address";
    CALLS: "路径", "Paths";
    KEYS: "密钥与证书", "Keys and certificates";
    APP_PRIVATE_KEY: "应用私钥（PKCS#8）", "Application private key (PKCS#8)";
    ALIPAY_PUBLIC_KEY: "支付宝公钥", "Alipay public key";
    APP_CERT: "应用公钥证书", "Application certificate";
    ALIPAY_CERT: "支付宝公钥证书", "Alipay certificate";
    ROOT_CERT: "支付宝根证书", "Alipay root certificate";
    MERCHANT_PRIVATE_KEY: "商户 API 私钥", "Merchant private key";
    WECHAT_PUBLIC_KEY: "微信支付公钥", "WeChat Pay public key";
    PLATFORM_CERT: "微信支付平台证书", "WeChat Pay platform certificate";
    WEBHOOK_SECRET: "Webhook 密钥由 POST /v1/webhook_endpoints 的应答给出。",
        "A webhook endpoint's secret is in the answer to POST /v1/webhook_endpoints.";
    SCRIPTS: "供脚本使用", "For scripts";
    SCRIPTS_DETAIL: "页面上的一切也都有 JSON。", "Everything on these pages is there as JSON, too.";
}
