//! Words of the phone: the cashier of Alipay and WeChat Pay.

use super::words;

words! {
    CASHIER: "收银台", "Cashier";
    CHECKOUT: "支付", "Payment";
    PAY_TO: "付款给", "Pay to";
    PAY_BEFORE: "请在此前付款", "Pay before";
    PAID_AT: "付款时间", "Paid at";
    PAYMENT_METHOD: "付款方式", "Paid from";
    BALANCE: "沙箱余额", "Sandbox balance";
    CHANGE: "沙箱零钱", "Sandbox change";
    CHANNEL: "下单方式", "Ordered by";
    GATEWAY_NUMBER: "网关流水号", "Gateway's number";
    APPROVE: "确认付款", "Approve";
    APPROVE_NOW: "立即支付", "Pay now";
    DECLINE: "付款失败", "Decline";
    LATER: "稍后到账的方式付款", "Pay by a method whose money comes later";
    SETTLE: "款项已到账", "The money arrives";
    FAIL: "款项未到账", "The money does not arrive";
    LEAVE: "暂不付款，离开", "Leave without paying";
    NO_MONEY: "沙箱环境，不涉及真实资金", "Sandbox: no real money moves";
    DECLINED: "上一次付款未成功，可以再试一次。", "The last try was declined. You can try again.";
    PAID: "支付成功", "Paid";
    PAID_DETAIL: "商户将收到异步通知。", "The merchant is being notified.";
    RETURNING: "正在返回商户页面…", "Taking you back to the merchant…";
    BACK: "返回商户", "Back to the merchant";
    PROCESSING: "正在处理", "On its way";
    PROCESSING_DETAIL: "买家已同意付款，款项还在路上。", "The buyer has agreed; the money is on its way.";
    FAILED: "付款未成功", "The payment failed";
    FAILED_DETAIL: "在路上的款项没有到账，没有扣款。", "The money on its way did not arrive. Nothing was charged.";
    CLOSED: "交易已关闭", "Closed";
    CLOSED_DETAIL: "商户已关闭这笔交易，没有扣款。", "The merchant has closed this payment. Nothing was charged.";
    EXPIRED: "已超过付款时间", "Too late";
    EXPIRED_DETAIL: "请回到商户页面重新下单，没有扣款。",
        "The time to pay is over. Start again at the merchant's page. Nothing was charged.";
    LEFT: "已离开收银台", "You have left the cashier";
    LEFT_DETAIL: "没有付款。在过期之前，同一个地址仍然有效。",
        "Nothing was paid. Until it expires, the same address still works.";
    UNKNOWN: "没有这笔付款", "No such payment";
    UNKNOWN_DETAIL: "这个链接不属于任何一笔付款。请回到商户页面重新扫码。",
        "This link belongs to no payment. Go back to the merchant and scan again.";
    REFUSE_PAID: "这笔交易已经付过款，不会重复扣款。", "This is paid already; nobody pays twice.";
    REFUSE_CLOSED: "商户已关闭这笔交易，无法付款。",
        "The merchant has closed this payment; it can no longer be paid.";
    REFUSE_EXPIRED: "已超过付款时间，无法付款。", "The time to pay is over.";
    REFUSE_NOT_OFFERED: "这笔付款现在没有这个按钮。", "This payment has no such button now.";

    BESIDE: "给开发者", "For the developer";
    BESIDE_TITLE: "扫码之后的手机", "The phone after the scan";
    BESIDE_ALIPAY: "二维码的内容就是这个页面的地址。页面第一次打开时，交易才会产生；在那之前，查询得到 ACQ.TRADE_NOT_EXIST。",
        "The QR code contains this page's address. The trade comes into being when the page is first opened; until then a query answers ACQ.TRADE_NOT_EXIST.";
    BESIDE_WECHAT: "code_url 就是这个页面的地址。真实网关给的是 weixin:// 链接，只有微信能打开；这里任何浏览器都可以。",
        "code_url is this page's address. The real gateway gives a weixin:// link that only WeChat opens; here any browser does.";
    QR: "这个页面的二维码", "QR code of this page";
    QR_DETAIL: "用真手机扫一扫：只要手机能访问 --base-url 指定的地址。",
        "Scan it with a real phone, if it can reach the address given by --base-url.";
    SCRIPTS: "脚本按同样的按钮", "Scripts press the same buttons";
    DETAILS: "这笔付款的全部细节", "All about this payment";
    ARM: "为它设置故障", "Arm a fault for it";
}
