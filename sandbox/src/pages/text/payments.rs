//! Words of the list of payments and of a payment's own page.

use super::words;

words! {
    LEAD: "三个网关收到的每一笔付款，最新的在前。", "Every payment the gateways know, newest first.";
    OUTCOME: "结果", "Outcome";
    NOTHING_FITS: "没有符合条件的付款", "No payment fits";
    NOTHING_FITS_DETAIL: "放宽条件，或用概览页的参数发起一笔。", "Loosen the filter, or start one with the settings on the overview.";
    SHOWN: "只列出最新的", "Shown: the newest";

    OPEN_CASHIER: "打开收银台", "Open the cashier";
    IN_THE_LOG: "在日志中查看", "See it in the log";
    BANK: "由你来当银行", "You are the bank";
    BANK_DETAIL: "买家已同意付款，款项还在路上。", "The buyer has agreed; the money is on its way.";
    FACTS: "事实", "Facts";
    GATEWAY_STATUS: "网关状态", "Gateway's status";
    REQUESTED_AT: "下单时间", "Requested at";
    EXPIRES_AT: "过期时间", "Expires at";
    RETURN_URL: "付款后返回", "Returns to";
    REFUNDS: "退款", "Refunds";
    NO_REFUNDS: "没有退款。", "No refunds.";
    REFUND_NUMBER: "商户退款号", "Merchant's refund number";
    REFUND_REASON: "原因", "Reason";
    DONE_AT: "完成时间", "Done at";
    CALLBACKS: "回调", "Callbacks";
    NO_CALLBACKS: "还没有回调。付款、退款等事情发生时才会有。", "No callbacks yet: they come when something happens.";
    ACKNOWLEDGED: "已确认", "acknowledged";
    NOT_ACKNOWLEDGED: "未确认", "not acknowledged";
    PENDING: "待发送", "to be sent";
    GIVEN_UP: "不再重试", "given up";
    NEXT_TRY: "下一次", "Next try";
    CONTENT: "内容", "Content";
    LOST: "丢失", "lost";
    FORGED: "伪造签名", "forged";
    WRONG_AMOUNT: "金额错误", "wrong amount";
    OTHER_MERCHANT: "串商户", "another merchant's";
    STALE: "过期时间戳", "stale";
    FAULTS: "对它生效的故障", "Faults in force here";
    NO_FAULTS: "没有故障会影响这笔付款。", "No fault concerns this payment.";
    ARM_HERE: "只为这一笔设置", "Arm one for this payment only";
}
