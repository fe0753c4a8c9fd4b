//! Words of Stripe's hosted page.

use super::words;

words! {
    SUMMARY: "订单", "Order summary";
    TEST_MODE: "测试模式", "Test mode";
    BACK_TO: "返回", "Back to";
    TOTAL: "应付合计", "Total due";
    PAY_WITH: "付款方式", "Pay with";
    CARD: "测试银行卡", "Test card";
    CARD_DETAIL: "在这里选择银行的回答，不需要填写卡号。", "Choose what the bank answers; there is no card number to type.";
    HOLDER: "沙箱持卡人", "Sandbox Buyer";
    PAY: "付款", "Pay";
    PAY_DETAIL: "银行同意，立即到账", "The bank approves; the money is there at once";
    DECLINE: "银行拒绝", "Card declined";
    DECLINE_DETAIL: "页面保持打开，可以重试", "The page stays open for another try";
    LATER: "银行账户扣款", "Pay by bank debit";
    LATER_DETAIL: "会话完成，但几天后才知道是否到账", "The session completes; whether money comes is known days later";
    CARD_DECLINED: "银行拒绝了这张卡。换一种方式再试。", "Your card was declined. Try another way.";
    PAID: "付款成功", "Payment successful";
    PAID_DETAIL: "商户会收到 checkout.session.completed。", "The merchant receives checkout.session.completed.";
    PROCESSING: "等待银行扣款", "Waiting for the bank";
    PROCESSING_DETAIL: "会话已完成，付款状态仍是 unpaid。现在由你来当银行：",
        "The session is complete; its payment_status is still unpaid. Now you are the bank:";
    SETTLE: "款项到账", "The money arrives";
    SETTLE_DETAIL: "checkout.session.async_payment_succeeded", "checkout.session.async_payment_succeeded";
    FAIL: "扣款失败", "The debit fails";
    FAIL_DETAIL: "checkout.session.async_payment_failed", "checkout.session.async_payment_failed";
    FAILED: "扣款失败", "The debit failed";
    FAILED_DETAIL: "银行没有扣到款，商户会收到 checkout.session.async_payment_failed。",
        "The bank collected nothing; the merchant receives checkout.session.async_payment_failed.";
    EXPIRED: "结账会话已过期", "This checkout session has expired";
    EXPIRED_DETAIL: "没有扣款。请回到商户页面重新开始。", "Nothing was charged. Start again at the merchant's page.";
    REFERENCE: "编号", "Reference";
}
