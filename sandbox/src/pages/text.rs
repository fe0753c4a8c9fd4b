//! What do the pages say, in Chinese and in English?

use crate::log::Cause;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// Reads `zh`, `zh-CN`, `en-GB;q=0.8` and the like.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', ';', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// As in `?lang=`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// As in `<html lang>`.
    pub(crate) fn html_tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Its name in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    /// Why a signature does not fit, and what to do about it.
    pub(crate) fn cause(self, cause: Cause) -> &'static str {
        let (zh, en) = match cause {
            Cause::NotBase64 => ("sign 不是 base64。", "`sign` is not base64."),
            Cause::PlusInSign => (
                "sign 里的 + 没有编码，到达时成了空格：请编码为 %2B。",
                "The `+` in `sign` was sent unencoded and arrived as a blank: encode it as %2B.",
            ),
            Cause::OtherKey => (
                "签名所用的私钥与这个 app_id（微信支付：serial_no）登记的公钥不匹配。",
                "Made with another private key than the one that belongs to this app_id (WeChat Pay: serial_no).",
            ),
            Cause::Sha1 => (
                "密钥正确，但用了 SHA-1（RSA）；RSA2 是 SHA-256。",
                "The right key, but SHA-1 (RSA); RSA2 is SHA-256.",
            ),
            Cause::CharsetNotInQuery => (
                "charset 不在 URL 里：网关会按 GBK 读取表单。请把 charset=utf-8 放进 URL。",
                "charset is not in the query: the gateway reads such a body as GBK. Put charset=utf-8 in the URL.",
            ),
            Cause::SignTypeLeftOut => (
                "漏签了 sign_type：只有验通知时才去掉它，请求里它要参与签名。",
                "sign_type was left out: that is the rule for notifies; in a request it is signed.",
            ),
            Cause::EmptyValuesSigned => (
                "空参数参与了签名：空值不签，最好也不要发送。",
                "Empty parameters were signed: leave them out, or better do not send them.",
            ),
            Cause::NotSorted => ("参数没有按名称排序。", "The parameters were not sorted by name."),
            Cause::EncodedBeforeSigning => (
                "签名前做了 URL 编码：先对原文签名，再编码。",
                "The values were URL-encoded before signing: sign the raw text, encode afterwards.",
            ),
            Cause::PlusInValue => (
                "参数值里的 + 没有编码，到达时成了空格：请编码为 %2B。",
                "A `+` in a value was sent unencoded and arrived as a blank: encode it as %2B.",
            ),
            Cause::BizContentLeftOut => (
                "漏签了 biz_content：它与其他参数一样参与签名。",
                "biz_content was left out: it is signed like every other parameter.",
            ),
            Cause::OnlyBizContent => (
                "只签了 biz_content：除 sign 之外的所有参数都要参与签名。",
                "Only biz_content was signed: every parameter but `sign` belongs to the text.",
            ),
            Cause::LastNewlineMissing => (
                "少了最后一个换行：每一行都以 \\n 结尾，最后一行也一样。",
                "The last line feed is missing: every line ends with one, the last one too.",
            ),
            Cause::BodyLineMissing => (
                "没有请求体时也要有一个空行。",
                "The line of the body is missing: without a body it is an empty line.",
            ),
            Cause::QueryLeftOut => (
                "漏签了查询串：第二行是路径加上 ? 及其后的内容。",
                "The query was left out: the second line is the path with the query.",
            ),
            Cause::WholeUrlSigned => (
                "签了完整的 URL：第二行只要路径和查询串，不含协议和域名。",
                "The whole URL was signed: the second line is path and query, without scheme and host.",
            ),
            Cause::LeadingSlashMissing => {
                ("路径少了开头的 /。", "The slash at the beginning of the path is missing.")
            }
            Cause::QueryEncodedOtherwise => (
                "查询串的编码与实际发送的不同：请按发送的原文签名。",
                "The query was signed in another encoding than it was sent in: sign it as sent.",
            ),
            Cause::MethodInLowerCase => ("请求方法要大写。", "The method was signed in lower case."),
            Cause::MillisecondsSigned => {
                ("签名用了毫秒，发送的是秒。", "Milliseconds were signed, seconds were sent.")
            }
            Cause::TimestampAndNonceSwapped => (
                "时间戳与随机串的顺序反了：时间戳在前。",
                "Timestamp and nonce were swapped: the timestamp comes first.",
            ),
            Cause::WordForEmptyBody => (
                "没有请求体，却签了 {}、null 或 undefined：这一行应为空。",
                "There is no body, but {}, null or undefined was signed: that line is empty.",
            ),
            Cause::OtherLineEnds => (
                "换行必须是单个 \\n 字符，不是 \\r\\n，也不是反斜杠加 n。",
                "Lines end with one line feed, not with CR LF and not with a backslash and an n.",
            ),
            Cause::BodySerialisedAgain => (
                "签名的 JSON 与发送的不是同一串字节：请序列化一次，签名和发送用同一个字符串。",
                "The JSON that was signed is not the bytes that were sent: serialise once, sign and send that.",
            ),
            Cause::PrepayIdWithoutName => (
                "第四行要写 prepay_id=…，不能只有值。",
                "The fourth line is prepay_id=…, not the bare value.",
            ),
            Cause::SignedAsInVersion2 => (
                "这是 v2 的 k=v&k=v 签名串：v3 是四行，每行以 \\n 结尾。",
                "That is the k=v&k=v text of version 2: version 3 has four lines, each ending with a line feed.",
            ),
            Cause::OtherText => (
                "密钥正确，但签的是另一段文字：请与下面的字符串逐字对照。",
                "The right key, but another text: compare yours with the one below.",
            ),
        };
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    pub(crate) fn text(self) -> &'static Text {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }
}

/// Every sentence of the pages.
pub(crate) struct Text {
    pub(crate) sandbox: &'static str,
    pub(crate) cashier: &'static str,
    pub(crate) pay_to: &'static str,
    pub(crate) number: &'static str,
    pub(crate) gateway_number: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) pay_before: &'static str,
    pub(crate) paid_at: &'static str,
    pub(crate) payment_method: &'static str,
    pub(crate) balance: &'static str,
    pub(crate) approve: &'static str,
    pub(crate) decline: &'static str,
    pub(crate) leave: &'static str,
    pub(crate) no_money: &'static str,
    pub(crate) declined: &'static str,
    pub(crate) paid: &'static str,
    pub(crate) paid_detail: &'static str,
    pub(crate) returning: &'static str,
    pub(crate) back_to_merchant: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) closed_detail: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) expired_detail: &'static str,
    pub(crate) left: &'static str,
    pub(crate) left_detail: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) unknown_detail: &'static str,
    pub(crate) refuse_paid: &'static str,
    pub(crate) refuse_closed: &'static str,
    pub(crate) refuse_expired: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) refused_detail: &'static str,
    pub(crate) see_log: &'static str,
    pub(crate) aside_title: &'static str,
    pub(crate) aside_detail: &'static str,
    pub(crate) aside_script: &'static str,
    pub(crate) aside_front: &'static str,
    pub(crate) waiting_short: &'static str,
    pub(crate) paid_short: &'static str,
    pub(crate) closed_short: &'static str,
    pub(crate) expired_short: &'static str,
    pub(crate) front_title: &'static str,
    pub(crate) front_detail: &'static str,
    pub(crate) business_time: &'static str,
    pub(crate) moved: &'static str,
    pub(crate) settings: &'static str,
    pub(crate) settings_detail: &'static str,
    pub(crate) merchant: &'static str,
    pub(crate) private_key: &'static str,
    pub(crate) gateway_public_key: &'static str,
    pub(crate) sdk: &'static str,
    pub(crate) payments: &'static str,
    pub(crate) no_payments: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) status: &'static str,
    pub(crate) open_cashier: &'static str,
    pub(crate) log: &'static str,
    pub(crate) no_log: &'static str,
    pub(crate) call: &'static str,
    pub(crate) callback: &'static str,
    pub(crate) buyer: &'static str,
    pub(crate) expected_text: &'static str,
    pub(crate) signed_text: &'static str,
    pub(crate) differs: &'static str,
    pub(crate) for_scripts: &'static str,
    pub(crate) not_yet: &'static str,
}

static ZH: Text = Text {
    sandbox: "沙箱",
    cashier: "收银台",
    pay_to: "付款给",
    number: "商户订单号",
    gateway_number: "支付宝交易号",
    subject: "商品",
    pay_before: "请在此前付款",
    paid_at: "付款时间",
    payment_method: "付款方式",
    balance: "沙箱余额",
    approve: "确认付款",
    decline: "付款失败",
    leave: "暂不付款，离开",
    no_money: "沙箱环境，不涉及真实资金",
    declined: "上一次付款未成功，可以再试一次。",
    paid: "支付成功",
    paid_detail: "商户将收到异步通知。",
    returning: "正在返回商户页面…",
    back_to_merchant: "返回商户",
    closed: "交易已关闭",
    closed_detail: "商户已关闭这笔交易，没有扣款。",
    expired: "已超过付款时间",
    expired_detail: "请回到商户页面重新下单，没有扣款。",
    left: "已离开收银台",
    left_detail: "没有付款。在过期之前，同一个二维码仍然有效。",
    unknown: "没有这笔付款",
    unknown_detail: "这个链接不属于任何一笔付款。请回到商户页面重新扫码。",
    refuse_paid: "这笔交易已经付过款，不会重复扣款。",
    refuse_closed: "商户已关闭这笔交易，无法付款。",
    refuse_expired: "已超过付款时间，无法付款。",
    refused: "网关拒绝了这次请求",
    refused_detail: "真实网关在这里同样只会给用户看一个错误页面。",
    see_log: "查看请求日志与验签诊断 →",
    aside_title: "扫码之后的手机",
    aside_detail: "二维码的内容就是这个页面的地址。页面第一次打开时，交易才会产生；在那之前，查询得到 ACQ.TRADE_NOT_EXIST。",
    aside_script: "脚本按同样的按钮：",
    aside_front: "沙箱首页",
    waiting_short: "待付款",
    paid_short: "已付款",
    closed_short: "已关闭",
    expired_short: "已过期",
    front_title: "支付网关，就在你的桌面上",
    front_detail: "与支付宝相同的路径、相同的签名、相同的错误码；密钥是真的，钱不是。",
    business_time: "业务时间",
    moved: "已调整",
    settings: "接入参数",
    settings_detail: "首次启动时生成，之后保持不变。只有网关地址与正式环境不同。",
    merchant: "商户",
    private_key: "应用私钥（PKCS#8）",
    gateway_public_key: "支付宝公钥",
    sdk: "Node.js：alipay-sdk",
    payments: "最近的付款",
    no_payments: "还没有付款。用下面的参数发起第一笔。",
    amount: "金额",
    status: "状态",
    open_cashier: "打开收银台",
    log: "请求日志",
    no_log: "还没有请求。",
    call: "请求",
    callback: "通知",
    buyer: "买家",
    expected_text: "应当签名的字符串",
    signed_text: "实际签名的字符串",
    differs: "首个不同的字节",
    for_scripts: "供脚本使用",
    not_yet: "暂未提供：微信支付、Stripe、退款、转账、账单、故障注入。",
};

static EN: Text = Text {
    sandbox: "Sandbox",
    cashier: "Cashier",
    pay_to: "Pay to",
    number: "Merchant no.",
    gateway_number: "Trade no.",
    subject: "For",
    pay_before: "Pay before",
    paid_at: "Paid at",
    payment_method: "Paid from",
    balance: "Sandbox balance",
    approve: "Approve",
    decline: "Decline",
    leave: "Leave without paying",
    no_money: "Sandbox: no real money moves",
    declined: "The last try was declined. You can try again.",
    paid: "Paid",
    paid_detail: "The merchant is being notified.",
    returning: "Taking you back to the merchant…",
    back_to_merchant: "Back to the merchant",
    closed: "Closed",
    closed_detail: "The merchant has closed this payment. Nothing was charged.",
    expired: "Too late",
    expired_detail: "The time to pay is over. Start again at the merchant's page. Nothing was charged.",
    left: "You have left the cashier",
    left_detail: "Nothing was paid. Until it expires, the same QR code still works.",
    unknown: "No such payment",
    unknown_detail: "This link belongs to no payment. Go back to the merchant and scan again.",
    refuse_paid: "This is paid already; nobody pays twice.",
    refuse_closed: "The merchant has closed this payment; it can no longer be paid.",
    refuse_expired: "The time to pay is over.",
    refused: "The gateway refused this request",
    refused_detail: "The real gateway, too, shows the buyer no more than an error page here.",
    see_log: "See the request log and the signature diagnosis →",
    aside_title: "The phone after the scan",
    aside_detail: "The QR code contains this page's address. The trade comes into being when the page is first opened; until then a query answers ACQ.TRADE_NOT_EXIST.",
    aside_script: "Scripts press the same buttons:",
    aside_front: "Front page",
    waiting_short: "Waiting",
    paid_short: "Paid",
    closed_short: "Closed",
    expired_short: "Expired",
    front_title: "The payment gateway on your desk",
    front_detail: "Alipay's paths, signatures and error codes. The keys are real; the money is not.",
    business_time: "Business time",
    moved: "moved",
    settings: "Settings",
    settings_detail: "Made on the first start and kept. Only the gateway's address differs from production.",
    merchant: "Merchant",
    private_key: "Application private key (PKCS#8)",
    gateway_public_key: "Alipay public key",
    sdk: "Node.js: alipay-sdk",
    payments: "Recent payments",
    no_payments: "No payments yet. Start the first one with the settings below.",
    amount: "Amount",
    status: "Status",
    open_cashier: "Open the cashier",
    log: "Request log",
    no_log: "No requests yet.",
    call: "call",
    callback: "notify",
    buyer: "buyer",
    expected_text: "The text to be signed",
    signed_text: "The text that was signed",
    differs: "First byte that differs",
    for_scripts: "For scripts",
    not_yet: "Not here yet: WeChat Pay, Stripe, refunds, transfers, bills, faults on demand.",
};
