//! What does the site say, in which language?

/// The site's languages; Chinese unless the visitor chose otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Chinese,
    English,
}

impl Language {
    /// Reads `?lang=` and the cookie alike; `None` for what the site does not speak.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "zh" | "zh-CN" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The BCP 47 tag, for HTML and for the widget.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    /// Its name in itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::Chinese => "中文",
            Self::English => "English",
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }

    /// A payment method by the name that learners know it under; an unknown one by its own.
    pub(crate) fn method(self, method: &str) -> &str {
        match (self, method) {
            (Self::Chinese, "alipay") => "支付宝",
            (Self::Chinese, "wallet") => "余额",
            (Self::Chinese, "wechat_pay") => "微信支付",
            (Self::Chinese, "card") => "银行卡",
            (Self::English, "alipay") => "Alipay",
            (Self::English, "wallet") => "Balance",
            (Self::English, "wechat_pay") => "WeChat Pay",
            (Self::English, "card") => "Card",
            (_, other) => other,
        }
    }

    pub(crate) fn lesson_count(self, count: usize) -> String {
        match self {
            Self::Chinese => format!("{count} 讲"),
            Self::English => format!("{count} lessons"),
        }
    }

    pub(crate) fn minutes(self, minutes: u32) -> String {
        match self {
            Self::Chinese => format!("{minutes} 分钟"),
            Self::English => format!("{minutes} min"),
        }
    }

    pub(crate) fn lesson_number(self, number: usize) -> String {
        match self {
            Self::Chinese => format!("第 {number} 讲"),
            Self::English => format!("Lesson {number}"),
        }
    }
}

macro_rules! texts {
    ($($name:ident: $chinese:literal, $english:literal;)+) => {
        /// Every fixed sentence of the site.
        pub(crate) struct Texts { $(pub(crate) $name: &'static str,)+ }
        const CHINESE: Texts = Texts { $($name: $chinese,)+ };
        const ENGLISH: Texts = Texts { $($name: $english,)+ };
    };
}

texts! {
    site: "拾级学堂", "Stepwise";
    tagline: "把一件事，一级一级学会", "Learn one thing, one step at a time";
    intro: "两位老师的三门课。每门课只讲一条主线，学完能自己做出来。",
        "Three courses by two teachers, one thread each. When you have followed it, you can do it yourself.";
    courses: "课程", "Courses";
    my_purchases: "我的购买", "My purchases";
    log_in: "登录", "Log in";
    log_out: "退出", "Log out";
    skip: "跳到正文", "Skip to content";
    footer: "演示站点：课程与学员均为虚构，付款走沙盒，不产生真实扣款。",
        "A demo site: courses and learners are made up, payments go to a sandbox, nobody is charged.";
    footer_pay: "付款由 Coursepay 处理，本站不接触你的支付信息。",
        "Payments are handled by Coursepay; this site never sees your payment details.";
    price_at_checkout: "价格见结账页", "Price at checkout";
    owned: "已拥有", "Owned";
    open_course: "进入学习", "Continue";
    see_course: "查看课程", "View course";
    about: "课程介绍", "About this course";
    outline: "课程大纲", "Outline";
    buy: "购买课程", "Buy this course";
    guest_note: "你还没有登录。登录后购买，课程会自动解锁到你的账号；也可以以访客身份付款。",
        "You are not logged in. Log in first and the course unlocks for your account by itself; you can also pay as a guest.";
    log_in_as: "演示登录为", "Demo log-in as";
    checkout_loading: "收银台没有出现？请确认浏览器启用了 JavaScript，然后刷新页面。",
        "No checkout here? Please make sure that JavaScript is on, then reload the page.";
    promise_unlock: "付款完成后自动解锁，无需等待", "Unlocks by itself once you have paid";
    promise_forever: "一次购买，长期学习", "Buy once, keep learning";
    promise_safe: "付款由 Coursepay 处理，价格以收银台为准",
        "Paid through Coursepay; the checkout's price is what counts";
    unlocking: "付款成功，正在解锁课程……", "Paid. Unlocking your course…";
    unlock_late: "付款已成功，解锁通知还在路上。稍后刷新本页即可，不需要再次付款。",
        "Your payment went through; the unlock notice is still on its way. Reload this page in a moment, and do not pay again.";
    guest_paid: "付款成功，已按订单登记。请保存订单号：", "Paid and recorded. Please keep your order number: ";
    unlocked: "已解锁", "Unlocked";
    unlocked_note: "这门课属于你了，随时可以回来学。", "This course is yours. Come back any time.";
    start_learning: "开始学习", "Start learning";
    first_lesson: "从这里开始", "Start here";
    read_on: "打开这一讲", "Open this lesson";
    locked: "未解锁", "Locked";
    lesson_locked_title: "这一讲还没有解锁", "This lesson is locked";
    lesson_locked_text: "购买课程后，全部内容会立即解锁。", "Buy the course and all of it unlocks at once.";
    lesson_visitor_text: "如果你已经购买，请先登录。", "If you have bought it, please log in first.";
    back_to_course: "回到课程", "Back to the course";
    previous: "上一讲", "Previous";
    next: "下一讲", "Next";
    login_title: "选择一个演示学员", "Choose a demo learner";
    login_text: "这里没有密码：这是演示登录，谁都可以选。真实平台在这一步用自己的账号系统。",
        "There are no passwords: this is a demo log-in that anybody may use. A real platform has its own accounts here.";
    login_unknown: "没有这个演示学员。", "There is no such demo learner.";
    alice_note: "钱包里有余额，余额、支付宝、微信和银行卡都可以付款",
        "Has money in the wallet: pays from it, by Alipay, WeChat Pay or card";
    bo_note: "钱包是空的，用支付宝、微信或银行卡付款", "Has an empty wallet: pays by Alipay, WeChat Pay or card";
    purchases_empty: "还没有购买过课程。", "Nothing bought yet.";
    browse: "去看看课程", "Browse the courses";
    bought_at: "付款时间", "Paid at";
    paid_by: "付款方式", "Paid by";
    order: "订单号", "Order";
    beijing: "北京时间", "Beijing time";
    not_found_title: "没有这个页面", "No such page";
    not_found_text: "链接可能写错了，或者课程已经下架。", "The link may be wrong, or the course is gone.";
    home: "回到首页", "Back to the start";
}
