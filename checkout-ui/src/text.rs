//! What do we say, in which language, and how is money shown?

mod gateway;
mod refund_policy;
mod surplus;

use coursepay_core::api::FailureReason;
use coursepay_core::money::Money;

use crate::state::{Failure, Phase, Reason, State};

/// A language of the widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

/// Everything the widget says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says in the table below what it means")]
pub enum Text {
    Course,
    HowToPay,
    PayPrefix,
    Preparing,
    Retrying,
    Offline,
    AlipayQr,
    AlipayQrHint,
    AlipayRedirect,
    AlipayRedirectHint,
    AlipayMobile,
    AlipayMobileHint,
    AlipayInWeChat,
    WechatQr,
    WechatQrHint,
    WechatPay,
    WechatMobileHint,
    WechatInAppHint,
    Card,
    CardHint,
    Wallet,
    WalletHint,
    Balance,
    ShortOf,
    ShortUnknown,
    SwitchedOff,
    PriceChanged,
    PriceWas,
    NotEnough,
    MethodUnavailable,
    LoginUnfinished,
    WechatNotOpened,
    ChosenElsewhere,
    Refunded,
    NoMethod,
    OpensAtOnce,
    CheckedByServer,
    ScanAlipay,
    ScanAlipayHint,
    AlipayCode,
    ScanWechat,
    ScanWechatHint,
    WechatCode,
    TimeLeft,
    SaidPaid,
    OtherMethod,
    ShowCode,
    InAlipay,
    InWechat,
    AtStripe,
    GoingHint,
    OpenAlipay,
    OpenWechat,
    OpenStripe,
    ConfirmTitle,
    ConfirmHint,
    PreparingHint,
    ProcessingTitle,
    ProcessingHint,
    PaidTitle,
    PaidHint,
    PaidTwice,
    PaidInVain,
    SurplusReturning,
    SurplusReturned,
    SurplusStuck,
    SurplusDisputed,
    SurplusTakenBack,
    VerifyRecord,
    RecordAsked,
    RecordHolds,
    RecordBroken,
    RecordUnread,
    OrderNumber,
    FailedTitle,
    ExpiredTitle,
    ExpiredHint,
    Renew,
    TryAgain,
    OwnedTitle,
    OwnedHint,
    UnavailableTitle,
    GoneTitle,
    Loading,
    Secure,
    Declined,
    DeclinedByBank,
    NoMoneyThere,
    Cancelled,
    TimedOut,
    Closed,
    Unreachable,
    AddressUnknown,
    SignInAgain,
    ServerRefused,
    ProductGone,
    SupportCode,
}

impl Lang {
    /// The tag for `lang` attributes.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language for a tag: any Chinese is Chinese, all else English.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        if tag.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("zh")) { Self::Zh } else { Self::En }
    }

    /// The words for `text`.
    #[must_use]
    pub const fn say(self, text: Text) -> &'static str {
        let (zh, en) = match text {
            Text::Course => ("课程", "Course"),
            Text::HowToPay => ("选择支付方式", "How would you like to pay?"),
            Text::PayPrefix => ("支付 ", "Pay "),
            Text::Preparing => ("正在准备…", "Preparing…"),
            Text::Retrying => ("网络不稳定，正在重试…", "Connection is unstable, retrying…"),
            Text::Offline => ("网络已断开，正在重新连接…", "You are offline, reconnecting…"),
            Text::AlipayQr => ("支付宝扫码", "Alipay QR code"),
            Text::AlipayQrHint => ("用手机支付宝扫一扫", "Scan with the Alipay app"),
            Text::AlipayRedirect => ("支付宝网页", "Alipay website"),
            Text::AlipayRedirectHint => ("登录支付宝账号付款", "Sign in to Alipay to pay"),
            Text::AlipayMobile => ("支付宝", "Alipay"),
            Text::AlipayMobileHint => ("打开支付宝完成付款", "Continue in the Alipay app"),
            Text::AlipayInWeChat => (
                "微信内无法打开支付宝，请点右上角「…」在浏览器中打开",
                "Open this page in your browser to use Alipay",
            ),
            Text::WechatQr => ("微信扫码", "WeChat QR code"),
            Text::WechatQrHint => ("用微信扫一扫", "Scan with WeChat"),
            Text::WechatPay => ("微信支付", "WeChat Pay"),
            Text::WechatMobileHint => ("打开微信完成付款", "Continue in WeChat"),
            Text::WechatInAppHint => ("在微信内直接付款", "Pay right here"),
            Text::Card => ("银行卡", "Card"),
            Text::CardHint => {
                ("Visa、Mastercard 等，在 Stripe 页面付款", "Visa, Mastercard and more, on Stripe's page")
            }
            Text::Wallet => ("余额支付", "Wallet"),
            Text::WalletHint => ("用平台余额付款", "Pay with your balance"),
            Text::Balance => ("可用余额 ", "Balance "),
            Text::ShortOf => ("余额不足，还差 ", "Not enough: short of "),
            Text::ShortUnknown => ("余额不足", "Not enough balance"),
            Text::SwitchedOff => ("暂不可用", "Not available right now"),
            Text::PriceChanged => {
                ("价格已更新，请确认新价格后再支付", "The price has changed. Please confirm it")
            }
            Text::PriceWas => ("原显示价格 ", "Shown before: "),
            Text::NotEnough => {
                ("余额不足，请换一种支付方式", "Your balance is too low. Please choose another way")
            }
            Text::MethodUnavailable => {
                ("该支付方式暂不可用，请换一种", "That way to pay is not available. Please choose another")
            }
            Text::LoginUnfinished => (
                "微信登录没有完成，请再试一次或换一种支付方式",
                "The WeChat sign-in did not finish. Try again or choose another way",
            ),
            Text::WechatNotOpened => (
                "微信支付没有打开，请再试一次或换一种支付方式",
                "WeChat Pay did not open. Try again or choose another way",
            ),
            Text::ChosenElsewhere => (
                "你在另一个页面换了支付方式。在那边付完，这里会自动更新；也可以在这里重新选择",
                "You chose another way to pay in another tab. Pay there and this page follows, or choose again here",
            ),
            Text::Refunded => {
                ("这笔订单已全额退款，可以重新购买", "This order was refunded in full. You can buy it again")
            }
            Text::NoMethod => ("暂时没有可用的支付方式", "There is no way to pay right now"),
            Text::OpensAtOnce => ("付款后立即开通", "Opens as soon as you have paid"),
            Text::CheckedByServer => ("以支付机构确认的结果为准", "Confirmed with the payment provider"),
            Text::ScanAlipay => ("支付宝扫一扫付款", "Scan to pay with Alipay"),
            Text::ScanAlipayHint => {
                ("打开手机支付宝，扫描上方二维码", "Open Alipay on your phone and scan this code")
            }
            Text::AlipayCode => ("支付宝付款二维码", "Alipay payment QR code"),
            Text::ScanWechat => ("微信扫一扫付款", "Scan to pay with WeChat"),
            Text::ScanWechatHint => {
                ("打开手机微信，扫描上方二维码", "Open WeChat on your phone and scan this code")
            }
            Text::WechatCode => ("微信付款二维码", "WeChat payment QR code"),
            Text::TimeLeft => ("剩余时间 ", "Time left "),
            Text::SaidPaid => ("我已完成支付", "I have paid"),
            Text::OtherMethod => ("换一种支付方式", "Choose another way"),
            Text::ShowCode => ("返回付款", "Back to payment"),
            Text::InAlipay => ("请在支付宝完成付款", "Finish paying in Alipay"),
            Text::InWechat => ("请在微信完成付款", "Finish paying in WeChat"),
            Text::AtStripe => ("请在 Stripe 页面完成付款", "Finish paying on Stripe's page"),
            Text::GoingHint => {
                ("若没有自动打开，请点下面的按钮", "If it has not opened by itself, use the button")
            }
            Text::OpenAlipay => ("打开支付宝", "Open Alipay"),
            Text::OpenWechat => ("打开微信支付", "Open WeChat Pay"),
            Text::OpenStripe => ("打开付款页面", "Open the payment page"),
            Text::ConfirmTitle => ("正在确认支付结果", "Confirming your payment"),
            Text::ConfirmHint => {
                ("通常只需几秒。若已付款，请勿重复支付", "This takes a few seconds. Please do not pay twice")
            }
            Text::PreparingHint => ("请稍候", "One moment, please"),
            Text::ProcessingTitle => ("银行正在处理付款", "The bank is processing your payment"),
            Text::ProcessingHint => (
                "有时需要几天。可以离开本页，到账后课程会自动开通，请勿重复支付",
                "This can take days. You can leave: the course opens by itself. Please do not pay twice",
            ),
            Text::PaidTitle => ("支付成功", "Payment complete"),
            Text::PaidHint => ("课程已经开通，开始学习吧", "Your course is open. Enjoy learning"),
            Text::PaidTwice => ("您多付了一笔，", "You paid once too often: "),
            Text::PaidInVain => ("付款到账时订单已结束，", "Your payment came after the order had ended: "),
            Text::SurplusReturning => (" 正在原路退回", " is on its way back to you"),
            Text::SurplusReturned => (" 已原路退回", " was sent back to you"),
            Text::SurplusStuck => {
                (" 暂时未能退回，商家会处理", " could not be sent back yet. The seller will see to it")
            }
            Text::SurplusDisputed => (" 正由您的银行处理", " is being handled by your bank"),
            Text::SurplusTakenBack => (" 已由您的银行退回", " was returned by your bank"),
            Text::VerifyRecord => ("核对记录", "Verify this record"),
            Text::RecordAsked => ("正在核对…", "Verifying…"),
            Text::RecordHolds => {
                ("记录完整，没有被改动，指纹 ", "The record is whole and unchanged. Fingerprint ")
            }
            Text::RecordBroken => (
                "记录与订单不符，可能被改动过，请联系商家",
                "The record does not match this order and may have been changed. Please contact the seller",
            ),
            Text::RecordUnread => {
                ("暂时读不到记录，请稍后再试", "The record cannot be read right now. Please try again later")
            }
            Text::OrderNumber => ("订单号 ", "Order "),
            Text::FailedTitle => ("支付未完成", "Payment not completed"),
            Text::ExpiredTitle => ("付款已超时", "The payment has timed out"),
            Text::ExpiredHint => (
                "若已付款，结果会自动更新；未付款可重新发起",
                "If you have paid, this will update by itself. If not, start again",
            ),
            Text::Renew => ("重新发起", "Start again"),
            Text::TryAgain => ("再试一次", "Try again"),
            Text::OwnedTitle => ("你已拥有这门课程", "You already own this course"),
            Text::OwnedHint => ("无需重复购买，直接开始学习吧", "No need to buy it again"),
            Text::UnavailableTitle => ("暂时无法连接", "We cannot connect right now"),
            Text::GoneTitle => ("暂时无法购买", "This cannot be bought right now"),
            Text::Loading => ("正在加载收银台", "Loading checkout"),
            Text::Secure => ("安全支付", "Secure payment"),
            Text::Declined => (
                "这笔付款没有完成，可以再试一次或换一种支付方式",
                "This payment was not completed. Try again or choose another way",
            ),
            Text::DeclinedByBank => (
                "银行没有批准这笔付款，可以换一张卡或换一种支付方式",
                "Your bank did not allow this payment. Try another card or another way",
            ),
            Text::NoMoneyThere => (
                "余额不足，付款没有完成，可以换一张卡或换一种支付方式",
                "There was not enough money for this payment. Try another card or another way",
            ),
            Text::Cancelled => (
                "这次付款已取消，可以再试一次或换一种支付方式",
                "This payment was cancelled. Try again or choose another way",
            ),
            Text::TimedOut => ("这次付款已超时，可以重新发起", "This payment timed out. You can start again"),
            Text::Closed => ("这次付款已关闭，可以重新发起", "This payment was closed. You can start again"),
            Text::Unreachable => (
                "没有收到服务器的答复，请检查网络",
                "The server did not answer. Please check your connection",
            ),
            Text::AddressUnknown => (
                "当前网络下无法打开微信支付，请换一种支付方式",
                "WeChat Pay cannot be opened on this network. Please choose another way",
            ),
            Text::SignInAgain => {
                ("登录状态已过期，请刷新页面重新登录", "Your sign-in has expired. Please reload the page")
            }
            Text::ServerRefused => ("服务器没有接受这次付款", "The server did not accept this payment"),
            Text::ProductGone => ("这件商品不存在或已下架", "This item does not exist or is no longer sold"),
            Text::SupportCode => ("错误代码 ", "Error code "),
        };
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// Why something failed, for the learner.
    #[must_use]
    pub fn failure(self, failure: &Failure) -> &'static str {
        self.say(match failure {
            Failure::Refused { status: 401, .. } => Text::SignInAgain,
            failure if failure.is("unknown_product") => Text::ProductGone,
            failure if failure.is("gateway_refused") => Text::Declined,
            failure if failure.is("client_address_unknown") => Text::AddressUnknown,
            Failure::Refused { status, .. } if *status < 500 => Text::ServerRefused,
            Failure::NoToken | Failure::Unreadable | Failure::Unreachable | Failure::Refused { .. } => {
                Text::Unreachable
            }
        })
    }

    /// Why a try to pay failed, for the learner.
    #[must_use]
    pub fn reason(self, reason: &Reason) -> &'static str {
        match reason {
            Reason::Declined => self.say(Text::Declined),
            Reason::Closed => self.say(Text::Closed),
            Reason::Payment(FailureReason::InsufficientBalance) => self.say(Text::NoMoneyThere),
            Reason::Payment(FailureReason::Declined) => self.say(Text::DeclinedByBank),
            Reason::Payment(FailureReason::Cancelled) => self.say(Text::Cancelled),
            Reason::Payment(FailureReason::TimedOut) => self.say(Text::TimedOut),
            Reason::Payment(FailureReason::Refused) => self.say(Text::Declined),
            Reason::Server(failure) => self.failure(failure),
        }
    }

    /// One sentence about where things stand, for those who cannot see the screen.
    #[must_use]
    pub fn status(self, state: &State) -> &'static str {
        if state.offline {
            return self.say(Text::Offline);
        }
        match &state.phase {
            Phase::Loading { .. } => self.say(Text::Loading),
            Phase::Unavailable { failure, .. } => self.failure(failure),
            Phase::Choosing { notice: None } => "",
            Phase::Choosing { notice: Some(notice) } => self.say(notice.text()),
            Phase::Repricing { tries: 0, .. }
            | Phase::Creating { tries: 0, .. }
            | Phase::Starting { tries: 0, .. }
            | Phase::LoggingIn => self.say(Text::Preparing),
            Phase::Repricing { .. } | Phase::Creating { .. } | Phase::Starting { .. } => {
                self.say(Text::Retrying)
            }
            Phase::Scanning { .. } => self.say(state.words().scan_hint),
            Phase::Redirecting { .. } | Phase::InWechat => self.say(state.words().going),
            Phase::Confirming { .. } if state.is_processing() => self.say(Text::ProcessingTitle),
            Phase::Confirming { claimed: true } => self.say(Text::ConfirmTitle),
            Phase::Confirming { claimed: false } => self.say(Text::Preparing),
            Phase::Paid => self.say(Text::PaidTitle),
            Phase::Failed { reason } => self.reason(reason),
            Phase::Expired => self.say(Text::ExpiredTitle),
            Phase::AlreadyOwned => self.say(Text::OwnedTitle),
        }
    }
}

impl crate::state::Notice {
    /// What the notice says.
    #[must_use]
    pub const fn text(&self) -> Text {
        match self {
            Self::PriceChanged { .. } => Text::PriceChanged,
            Self::InsufficientFunds => Text::NotEnough,
            Self::MethodUnavailable => Text::MethodUnavailable,
            Self::LoginUnfinished => Text::LoginUnfinished,
            Self::WechatNotOpened => Text::WechatNotOpened,
            Self::ChosenElsewhere => Text::ChosenElsewhere,
            Self::Refunded => Text::Refunded,
        }
    }
}

/// An amount taken apart for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// `¥`
    pub symbol: &'static str,
    /// `1,299`
    pub whole: String,
    /// `.00`, empty for a currency without minor units
    pub fraction: String,
}

impl Amount {
    /// The parts of `money`.
    #[must_use]
    pub fn of(money: Money) -> Self {
        let text = money.to_major_text();
        let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        Self { symbol: money.currency().symbol(), whole: grouped, fraction: fraction.to_owned() }
    }
}

/// An amount in one piece: `¥1,299.00`.
#[must_use]
pub fn money(money: Money) -> String {
    let Amount { symbol, whole, fraction } = Amount::of(money);
    [symbol, &whole, &fraction].concat()
}

/// A duration as `mm:ss`, or `h:mm:ss` from an hour on; never below zero.
#[must_use]
pub fn duration(ms: i64) -> String {
    // Rounded up: at 0:00 it is really over.
    let seconds = ms.max(0).saturating_add(999) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use coursepay_core::currency::Currency;

    use super::*;

    #[test]
    fn money_is_grouped_and_keeps_every_minor_unit() {
        let show = |minor, currency| money(Money::new(minor, currency).unwrap());
        assert_eq!(show(9_900, Currency::Cny), "¥99.00");
        assert_eq!(show(1, Currency::Cny), "¥0.01");
        assert_eq!(show(129_900, Currency::Usd), "$1,299.00");
        assert_eq!(show(100_000_000, Currency::Cny), "¥1,000,000.00");
        assert_eq!(show(1_200, Currency::Jpy), "¥1,200");
    }

    #[test]
    fn a_countdown_ends_at_zero_and_not_before() {
        assert_eq!(duration(900_000), "15:00");
        assert_eq!(duration(1), "00:01");
        assert_eq!(duration(0), "00:00");
        assert_eq!(duration(-5), "00:00");
        assert_eq!(duration(3_725_000), "1:02:05");
    }

    #[test]
    fn a_refusal_that_the_learner_can_do_something_about_is_told_in_their_words() {
        let refused = |status, code: &str| Failure::Refused { status, code: code.to_owned() };
        for (failure, text) in [
            (refused(422, "client_address_unknown"), Text::AddressUnknown),
            (refused(502, "gateway_refused"), Text::Declined),
            (refused(401, "token_expired"), Text::SignInAgain),
            (refused(422, "something_new"), Text::ServerRefused),
            (refused(503, "busy"), Text::Unreachable),
        ] {
            assert_eq!(Lang::Zh.failure(&failure), Lang::Zh.say(text), "{failure:?}");
        }
    }

    #[test]
    fn every_kind_of_chinese_is_chinese() {
        assert_eq!(Lang::from_tag("zh-CN"), Lang::Zh);
        assert_eq!(Lang::from_tag("ZH"), Lang::Zh);
        assert_eq!(Lang::from_tag("en-GB"), Lang::En);
        assert_eq!(Lang::from_tag(""), Lang::En);
        assert_eq!(Lang::from_tag("é"), Lang::En);
    }
}
