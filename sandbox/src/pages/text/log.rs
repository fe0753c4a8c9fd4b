//! Words of the request log.

use super::words;

words! {
    LEAD: "最近 200 件事：商户的请求、网关的回调、买家的按钮。签名不对时，这里说得出错在哪里。",
        "The last 200 events: merchants' calls, callbacks, buyers' buttons. When a signature does not fit, this page says why.";
    WHICH: "显示", "Show";
    FAILURES: "只看失败", "Failures only";
    CALL: "请求", "call";
    CALLBACK: "回调", "callback";
    BUYER: "买家", "buyer";
    NOTHING: "没有记录", "Nothing here";
    NOTHING_DETAIL: "重启之后日志从头开始；付款和回调不会丢。", "The log starts afresh with the sandbox; payments and callbacks are kept.";
    ONLY_NUMBER: "只看订单号", "Only number";
    DOCTOR: "验签诊断", "Signature doctor";
    EXPECTED: "应当签名", "expected";
    SIGNED: "实际签名", "signed";
    DIFFERS_AT: "第一个不同的字节", "First byte that differs";
    ENDS_HERE: "到此为止", "ends here";
    NO_SIGNED: "签名无法还原成任何一种常见写法，因此只能给出应当签名的字符串：请与自己的逐字节对照。",
        "No usual mistake leads to this signature, so only the text that should have been signed is known: compare yours byte by byte.";
    WHOLE: "完整的字符串", "The whole texts";
    WHOLE_ONE: "完整的字符串", "The whole text";
}
