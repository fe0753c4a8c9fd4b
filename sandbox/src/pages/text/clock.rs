//! Words of the clock.

use super::words;

words! {
    LEAD: "过期、重试、退款到账和账单都按业务时间走，不必真的等两个小时。签名与时间戳仍按真实时间检查。",
        "Expiry, retries, refunds and statements go by business time, so that nobody waits two hours. Signatures and timestamps are judged by the real clock.";
    REAL: "真实时间", "Real time";
    BUSINESS: "业务时间", "Business time";
    SHANGHAI: "北京时间", "China Standard Time";
    IN_STEP: "与真实时间一致", "In step with real time";
    AHEAD: "比真实时间快", "Ahead by";
    BEHIND: "比真实时间慢", "Behind by";
    NEXT_DUE: "下一件要发生的事", "Next thing due";
    NOTHING_DUE: "没有等待中的事。", "Nothing is waiting.";
    CALLBACK_DUE: "一次回调", "a callback";
    GATEWAY_DUE: "网关自己的事（过期、退款到账）", "something at a gateway (expiry, a refund)";
    MOVE: "向前拨", "Move ahead";
    HOUR: "+1 小时", "+1 hour";
    DAY: "+1 天", "+1 day";
    MONTH: "+30 天", "+30 days";
    HOUR_DETAIL: "二维码与订单过期", "codes and orders expire";
    DAY_DETAIL: "回调重试到最后一次", "callbacks come to their last retry";
    MONTH_DETAIL: "退款期限、账期", "refund windows, holds";
    BILLS: "次日 10:00", "Next day 10:00";
    BILLS_DETAIL: "今天的账单可以下载了", "today's statements are ready";
    NEXT: "到下一件事", "To the next thing due";
    SET: "设为", "Set to";
    SET_BUTTON: "设定", "Set";
    BACK_TO_REAL: "回到真实时间", "Back to real time";
    MISTAKE: "看不懂这个时间：应为 1970 至 9999 年之间的日期与时刻。",
        "That is no time the clock can show: a date and time between 1970 and the end of 9999 is expected.";
    SCRIPTS: "脚本这样拨", "Scripts move it by";
}
