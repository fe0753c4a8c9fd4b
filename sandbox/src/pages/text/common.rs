//! Words of all pages.

use super::words;

words! {
    SANDBOX: "沙箱", "Sandbox";
    PRODUCT: "Coursepay 沙箱", "Coursepay Sandbox";
    SKIP: "跳到正文", "Skip to content";
    NAVIGATION: "页面", "Pages";
    LANGUAGES: "语言", "Language";
    OVERVIEW: "概览", "Overview";
    PAYMENTS: "付款", "Payments";
    LOG: "日志", "Log";
    MAILBOX: "邮箱", "Mailbox";
    FAULTS: "故障", "Faults";
    CLOCK: "时钟", "Clock";
    BUSINESS_TIME: "业务时间", "Business time";
    MOVED: "已调整", "moved";

    ALIPAY: "支付宝", "Alipay";
    WECHAT_PAY: "微信支付", "WeChat Pay";
    STRIPE: "Stripe", "Stripe";

    WAITING: "待付款", "Waiting";
    DECLINED: "待付款 · 曾失败", "Waiting · declined";
    PROCESSING: "处理中", "Processing";
    PAID: "已付款", "Paid";
    FAILED: "已失败", "Failed";
    CLOSED: "已关闭", "Closed";
    EXPIRED: "已过期", "Expired";

    ALL: "全部", "All";
    GATEWAY: "网关", "Gateway";
    MERCHANT: "商户", "Merchant";
    AMOUNT: "金额", "Amount";
    NUMBER: "商户订单号", "Merchant's number";
    SUBJECT: "商品", "Subject";

    DAYS: "天", "d";
    HOURS: "小时", "h";
    MINUTES: "分", "min";
    SECONDS: "秒", "s";

    NOT_FOUND: "这里什么也没有", "There is nothing here";
    NOT_FOUND_DETAIL: "这个地址不属于沙箱的任何页面；它指向的付款或邮件也可能属于另一个状态目录。",
        "No page of the sandbox has this address; what it points to may also belong to another state directory.";
    TO_OVERVIEW: "回到概览", "Back to the overview";

    REFUSED: "网关拒绝了这次请求", "The gateway refused this request";
    REFUSED_DETAIL: "真实网关在这里同样只会给用户看一个错误页面。",
        "The real gateway, too, shows the buyer no more than an error page here.";
    SEE_LOG: "查看请求日志与验签诊断", "See the request log and the signature diagnosis";
}
