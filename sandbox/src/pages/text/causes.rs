//! Why does a signature not fit, and what is to be done about it?

use super::{Lang, Words};
use crate::log::Cause;

impl Lang {
    /// The cause and the remedy in words.
    pub(crate) fn cause(self, cause: Cause) -> &'static str {
        self.say(match cause {
            Cause::NotBase64 => Words::new(
                "sign 不是 base64：签名的二进制要先做标准 base64 编码，不要用十六进制或 URL 安全的变体。",
                "`sign` is not base64: encode the signature's bytes in standard base64, not in hex or the URL-safe kind.",
            ),
            Cause::PlusInSign => Words::new(
                "sign 里的 + 没有编码，到达时成了空格：请编码为 %2B。",
                "The `+` in `sign` was sent unencoded and arrived as a blank: encode it as %2B.",
            ),
            Cause::OtherKey => Words::new(
                "签名所用的私钥与这个 app_id 的应用公钥不匹配：请换成概览页上这个商户的应用私钥。",
                "Made with another private key than the one that belongs to this app_id: take this merchant's from the overview.",
            ),
            Cause::Sha1 => Words::new(
                "密钥正确，但用了 SHA-1（RSA）：RSA2 是 SHA-256，请换成 SHA256withRSA。",
                "The right key, but SHA-1 (RSA): RSA2 is SHA-256, so sign with SHA256withRSA.",
            ),
            Cause::CharsetNotInQuery => Words::new(
                "charset 不在 URL 里：网关会按 GBK 读取表单。请把 charset=utf-8 放进 URL。",
                "charset is not in the query: the gateway reads such a body as GBK. Put charset=utf-8 in the URL.",
            ),
            Cause::SignTypeLeftOut => Words::new(
                "漏签了 sign_type：只有验通知时才去掉它，请求里它要参与签名。",
                "sign_type was left out: that is the rule for notifies; in a request it is signed.",
            ),
            Cause::EmptyValuesSigned => Words::new(
                "空参数参与了签名：空值不签，最好也不要发送。",
                "Empty parameters were signed: leave them out, or better do not send them.",
            ),
            Cause::NotSorted => Words::new(
                "参数没有按名称排序：请按 ASCII 码升序排列后再拼接。",
                "The parameters were not sorted: order them by name, byte by byte, before joining them.",
            ),
            Cause::EncodedBeforeSigning => Words::new(
                "签名前做了 URL 编码：先对原文签名，再编码。",
                "The values were URL-encoded before signing: sign the raw text, encode afterwards.",
            ),
            Cause::PlusInValue => Words::new(
                "参数值里的 + 没有编码，到达时成了空格：请编码为 %2B。",
                "A `+` in a value was sent unencoded and arrived as a blank: encode it as %2B.",
            ),
            Cause::BizContentLeftOut => Words::new(
                "漏签了 biz_content：它与其他参数一样参与签名。",
                "biz_content was left out: it is signed like every other parameter.",
            ),
            Cause::OnlyBizContent => Words::new(
                "只签了 biz_content：除 sign 之外的所有参数都要参与签名。",
                "Only biz_content was signed: every parameter but `sign` belongs to the text.",
            ),
            Cause::OtherText => Words::new(
                "密钥正确，但签的是另一段文字：请与下面的字符串逐字对照。",
                "The right key, but another text: compare yours with the one below.",
            ),
        })
    }
}
