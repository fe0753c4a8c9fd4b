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
                "签名所用的私钥与这个 app_id（微信支付：serial_no）登记的公钥不匹配：请换成概览页上这个商户的私钥。",
                "Made with another private key than the one that belongs to this app_id (WeChat Pay: serial_no): take this merchant's from the overview.",
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
            Cause::LastNewlineMissing => Words::new(
                "少了最后一个换行：每一行都以 \\n 结尾，最后一行也一样。",
                "The last line feed is missing: every line ends with one, the last one too.",
            ),
            Cause::BodyLineMissing => Words::new(
                "没有请求体时也要有一个空行。",
                "The line of the body is missing: without a body it is an empty line.",
            ),
            Cause::QueryLeftOut => Words::new(
                "漏签了查询串：第二行是路径加上 ? 及其后的内容。",
                "The query was left out: the second line is the path with the query.",
            ),
            Cause::WholeUrlSigned => Words::new(
                "签了完整的 URL：第二行只要路径和查询串，不含协议和域名。",
                "The whole URL was signed: the second line is path and query, without scheme and host.",
            ),
            Cause::LeadingSlashMissing => Words::new(
                "路径少了开头的 /。", "The slash at the beginning of the path is missing."
            ),
            Cause::QueryEncodedOtherwise => Words::new(
                "查询串的编码与实际发送的不同：请按发送的原文签名。",
                "The query was signed in another encoding than it was sent in: sign it as sent.",
            ),
            Cause::MethodInLowerCase => Words::new("请求方法要大写。", "The method was signed in lower case."),
            Cause::MillisecondsSigned => Words::new(
                "签名用了毫秒，发送的是秒。", "Milliseconds were signed, seconds were sent."
            ),
            Cause::TimestampAndNonceSwapped => Words::new(
                "时间戳与随机串的顺序反了：时间戳在前。",
                "Timestamp and nonce were swapped: the timestamp comes first.",
            ),
            Cause::WordForEmptyBody => Words::new(
                "没有请求体，却签了 {}、null 或 undefined：这一行应为空。",
                "There is no body, but {}, null or undefined was signed: that line is empty.",
            ),
            Cause::OtherLineEnds => Words::new(
                "换行必须是单个 \\n 字符，不是 \\r\\n，也不是反斜杠加 n。",
                "Lines end with one line feed, not with CR LF and not with a backslash and an n.",
            ),
            Cause::BodySerialisedAgain => Words::new(
                "签名的 JSON 与发送的不是同一串字节：请序列化一次，签名和发送用同一个字符串。",
                "The JSON that was signed is not the bytes that were sent: serialise once, sign and send that.",
            ),
            Cause::PrepayIdWithoutName => Words::new(
                "第四行要写 prepay_id=…，不能只有值。",
                "The fourth line is prepay_id=…, not the bare value.",
            ),
            Cause::SignedAsInVersion2 => Words::new(
                "这是 v2 的 k=v&k=v 签名串：v3 是四行，每行以 \\n 结尾。",
                "That is the k=v&k=v text of version 2: version 3 has four lines, each ending with a line feed.",
            ),
            Cause::OtherText => Words::new(
                "密钥正确，但签的是另一段文字：请与下面的字符串逐字对照。",
                "The right key, but another text: compare yours with the one below.",
            ),
        })
    }
}
