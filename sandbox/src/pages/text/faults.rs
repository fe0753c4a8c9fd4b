//! Words of the faults: what each one does, and where it is met in life.

use super::{Words, words};
use crate::faults::{Fault, Operation};

words! {
    LEAD: "支付系统最难的 bug 都在这里：丢失的回调、没有结果的超时、关单之后的付款。设一条规则，它就会发生。",
        "The hardest bugs of payment systems are on this page: lost callbacks, calls without an answer, money after the close. Arm a rule and it happens.";
    ARMED: "生效中的规则", "Rules in force";
    NONE_ARMED: "没有故障，一切正常。", "No faults: everything goes well.";
    REMOVE: "撤除", "Remove";
    REMOVE_ALL: "全部撤除", "Remove all";
    STRUCK: "已发生", "struck";
    TIMES_LEFT: "还剩", "left";
    USED_UP: "已用完", "used up";
    ENDLESS: "不限次数", "without end";
    ANYWHERE: "所有付款与请求", "all payments and calls";
    ARM_ONE: "设置一条规则", "Arm a rule";
    ARM: "设置", "Arm it";
    WHICH: "选择故障", "Choose a fault";
    WHERE: "在哪里发生", "Where it strikes";
    HOW_OFTEN: "多久发生一次", "How often";
    FAULT: "故障", "Fault";
    OPERATION: "操作", "Operation";
    ANY: "不限", "Any";
    NUMBER_HINT: "留空则不限", "blank: any";
    PERCENT: "比例 %", "Percent";
    TIMES: "次数", "Times";
    TIMES_HINT: "留空则不限", "blank: without end";
    BY: "时长", "By";
    BY_HINT: "时长只用于标有时钟的故障。", "A time is for faults marked with a clock.";
    BY_HINT_SMALL: "时长只用于标明“可定时长”的故障。", "A time is for faults marked (timed).";
    TIMED: "（可定时长）", " (timed)";
    UNIT: "单位", "Unit";
    MET: "真实世界里：", "In life: ";
    SCRIPTS: "脚本这样设", "Scripts arm it by";
    MISTAKE: "没有设置成功", "Not armed";

    MISTAKE_FAULT: "请先选择一个故障。", "Choose a fault first.";
    MISTAKE_NUMBER: "应为整数。", "A whole number is expected.";
    MISTAKE_PERCENT: "比例应为 1 到 100。", "Percent is 1 to 100.";
    MISTAKE_TIMES: "次数至少为 1。", "Times is at least 1.";
    MISTAKE_BY: "时长不适用于这个故障，或缺少，或超出一年。", "This fault takes no time, or needs one, or it is beyond a year.";
    MISTAKE_ABNORMAL: "支付宝没有“退款异常”这个状态。", "Alipay has no abnormal state of a refund.";
    MISTAKE_CHOICE: "没有这个选项。", "There is no such choice.";

    GROUP_CALLBACKS: "回调", "Callbacks";
    GROUP_PAYING: "付款", "Paying";
    GROUP_CALLS: "请求", "Calls";
    GROUP_REFUNDS: "退款", "Refunds";
    GROUP_STATEMENTS: "账单", "Statements";
    GROUP_CLOCK: "时钟", "Clock";
}

/// The faults as the page groups them.
pub(in crate::pages) const GROUPS: [(Words, &[Fault]); 6] = [
    (
        GROUP_CALLBACKS,
        &[
            Fault::CallbackLost,
            Fault::CallbackDelayed,
            Fault::CallbackDuplicated,
            Fault::CallbackReordered,
            Fault::CallbackForged,
            Fault::CallbackWrongAmount,
            Fault::CallbackForAnotherMerchant,
            Fault::CallbackStale,
        ],
    ),
    (GROUP_PAYING, &[Fault::PayAfterClose, Fault::PaidByTwoChannels]),
    (
        GROUP_CALLS,
        &[
            Fault::TimeoutBeforeEffect,
            Fault::TimeoutAfterEffect,
            Fault::ServerError,
            Fault::SystemError,
            Fault::RateLimited,
        ],
    ),
    (GROUP_REFUNDS, &[Fault::RefundPending, Fault::RefundAbnormal, Fault::RefundFailedLate]),
    (GROUP_STATEMENTS, &[Fault::BillMissingLine, Fault::BillExtraLine, Fault::BillAlteredLine]),
    (GROUP_CLOCK, &[Fault::ClockSkew]),
];

/// What a page says about one fault.
pub(in crate::pages) struct About {
    pub(in crate::pages) name: Words,
    /// What it does.
    pub(in crate::pages) does: Words,
    /// When it is met in real life.
    pub(in crate::pages) met: Words,
}

const fn about(
    name: (&'static str, &'static str),
    does: (&'static str, &'static str),
    met: (&'static str, &'static str),
) -> About {
    About {
        name: Words::new(name.0, name.1),
        does: Words::new(does.0, does.1),
        met: Words::new(met.0, met.1),
    }
}

/// One sentence what it does, one when it is met.
pub(in crate::pages) const fn about_fault(fault: Fault) -> About {
    match fault {
        Fault::CallbackLost => about(
            ("回调丢失", "Callback lost"),
            (
                "网关以为发出了，商户永远收不到。",
                "The gateway believes it was sent; the merchant never gets it.",
            ),
            (
                "防火墙、部署中的重启、写错的域名。",
                "firewalls, a restart during a deploy, a mistyped domain.",
            ),
        ),
        Fault::CallbackDelayed => about(
            ("回调延迟", "Callback delayed"),
            ("晚到 10 分钟，或者你说的时长。", "It comes ten minutes late, or as late as you say."),
            ("大促时的通知队列。", "the gateways' queues on a day of great sales."),
        ),
        Fault::CallbackDuplicated => about(
            ("回调重复", "Callback duplicated"),
            ("同一个回调发两次，编号相同。", "The same callback is sent twice under one id."),
            ("应答慢了，或者网关换了机房。", "a slow answer, or a gateway that changes data centres."),
        ),
        Fault::CallbackReordered => about(
            ("回调乱序", "Callbacks reordered"),
            (
                "它等下一个回调先走，最多等半小时。",
                "It lets the next callback go first and waits half an hour at most.",
            ),
            ("退款通知先于付款通知到达。", "a refund's callback that arrives before the payment's."),
        ),
        Fault::CallbackForged => about(
            ("伪造的回调", "Callback forged"),
            (
                "先发一个签名不属于任何人的回调，真的随后到。",
                "One signed by nobody's key comes first; the true one follows.",
            ),
            ("有人猜到了通知地址。", "somebody who guessed the callback address."),
        ),
        Fault::CallbackWrongAmount => about(
            ("金额错误的回调", "Callback with a wrong amount"),
            ("签名正确，金额多一分。", "The signature fits; the amount is one minor unit more."),
            ("改价与付款同时发生，或内部出错。", "a price changed while the buyer paid, or an error inside."),
        ),
        Fault::CallbackForAnotherMerchant => about(
            ("串商户的回调", "Callback for another merchant"),
            ("签名正确，商户号是别人的。", "The signature fits; the ids are another merchant's."),
            ("几个商户共用一个通知地址。", "several merchants behind one callback address."),
        ),
        Fault::CallbackStale => about(
            ("过期的回调", "Callback stale"),
            ("签名正确，时间戳太旧。", "The signature fits; the timestamp is too old."),
            ("被录下来重放的请求。", "a recorded request that is replayed."),
        ),
        Fault::PayAfterClose => about(
            ("关单后付款", "Paid after close"),
            ("关单成功了，买家却仍能付款。", "The close succeeds and the buyer pays all the same."),
            ("买家按下指纹的同时你关了单。", "you close while the buyer's thumb is on the sensor."),
        ),
        Fault::PaidByTwoChannels => about(
            ("两个渠道都付了", "Paid by two channels"),
            (
                "同一商户、商品、金额的另一笔待付款也被付掉。",
                "What else waits for the same merchant, subject and amount is paid as well.",
            ),
            ("电脑上扫码，手机上又付了一次。", "a code scanned on the desk while the phone pays, too."),
        ),
        Fault::TimeoutBeforeEffect => about(
            ("超时，未执行", "Timeout before effect"),
            ("什么也没做，也没有应答。", "Nothing is done and nothing is answered."),
            ("请求在路上断了。", "a connection that breaks on the way in."),
        ),
        Fault::TimeoutAfterEffect => about(
            ("超时，已执行", "Timeout after effect"),
            ("都做完了，但没有应答。", "All is done, but nothing is answered."),
            (
                "应答在路上断了：退款其实已成功。",
                "a connection that breaks on the way out: the refund did succeed.",
            ),
        ),
        Fault::ServerError => about(
            ("网关前的 502", "502 before the gateway"),
            ("得到一个 HTML 错误页，不是 JSON。", "The answer is an HTML error page instead of JSON."),
            ("负载均衡找不到后端。", "a load balancer without a back end."),
        ),
        Fault::SystemError => about(
            ("系统错误", "System error"),
            ("网关自己的“系统繁忙”，什么也没做。", "The gateway's own system error; nothing is done."),
            ("SYSTEM_ERROR、aop.ACQ.SYSTEM_ERROR、api_error。", "SYSTEM_ERROR, ACQ.SYSTEM_ERROR, api_error."),
        ),
        Fault::RateLimited => about(
            ("限流", "Rate limited"),
            ("请求太快，什么也没做。", "Too many calls; nothing is done."),
            ("对账脚本并发太高。", "a reconciliation script with too much zeal."),
        ),
        Fault::RefundPending => about(
            ("退款处理中", "Refund pending"),
            ("受理了，一小时（或你说的时长）后到账。", "Accepted; done an hour later, or when you say."),
            ("退到银行卡要等几天。", "refunds to bank cards take days."),
        ),
        Fault::RefundAbnormal => about(
            ("退款异常", "Refund abnormal"),
            ("买家的账户收不了钱，要人工处理。", "The buyer's account takes no money: somebody must act."),
            (
                "银行卡已注销。支付宝没有这个状态。",
                "a bank card that was cancelled. Alipay has no such state.",
            ),
        ),
        Fault::RefundFailedLate => about(
            ("退款迟到的失败", "Refund fails late"),
            ("受理了，一小时（或你说的时长）后失败。", "Accepted; fails an hour later, or when you say."),
            ("银行退票，钱又回到商户。", "the bank sends the money back to the merchant."),
        ),
        Fault::BillMissingLine => about(
            ("账单缺一行", "Statement misses a line"),
            ("第一笔不在账单里。", "The first line is not in it."),
            ("跨零点的交易被算进另一天。", "a payment at midnight that is counted for the other day."),
        ),
        Fault::BillExtraLine => about(
            ("账单多一行", "Statement has one line more"),
            ("多出一笔你不知道的。", "It lists a payment you do not know."),
            ("另一个系统用同一个商户号收款。", "another system that takes money under the same number."),
        ),
        Fault::BillAlteredLine => about(
            ("账单改了一行", "Statement with an altered line"),
            ("最后一笔的金额不同。", "The amount of the last line differs."),
            ("优惠由平台承担，实收与应收不等。", "a discount that the gateway bears."),
        ),
        Fault::ClockSkew => about(
            ("时钟偏差", "Clock skew"),
            (
                "网关的真实时钟偏快或偏慢（负数为慢）。",
                "The gateway's real clock is off; a negative time means slow.",
            ),
            ("没有校时的服务器：签名时间戳被拒。", "servers without NTP: timestamps are refused."),
        ),
    }
}

/// The operations a rule may name.
pub(in crate::pages) const OPERATIONS: [(Operation, &str, Words); 10] = [
    (Operation::Create, "create", Words::new("下单", "create")),
    (Operation::Query, "query", Words::new("查询", "query")),
    (Operation::Close, "close", Words::new("关单", "close")),
    (Operation::Cancel, "cancel", Words::new("撤销", "cancel")),
    (Operation::Refund, "refund", Words::new("退款", "refund")),
    (Operation::RefundQuery, "refund_query", Words::new("退款查询", "refund query")),
    (Operation::Transfer, "transfer", Words::new("转账", "transfer")),
    (Operation::TransferQuery, "transfer_query", Words::new("转账查询", "transfer query")),
    (Operation::Bill, "bill", Words::new("账单", "statement")),
    (Operation::Other, "other", Words::new("其他", "other")),
];
