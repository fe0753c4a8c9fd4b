//! Paying by WeChat: a code, a phone's browser, and inside WeChat with its login and its bridge.

use super::*;

const LOGIN_URL: &str = "https://open.weixin.qq.com/connect/oauth2/authorize?state=1";

fn params(package: &str) -> JsapiParams {
    JsapiParams {
        app_id: "wx1".to_owned(),
        time_stamp: "1767225600".to_owned(),
        nonce_str: "n".to_owned(),
        package: package.to_owned(),
        sign_type: "RSA".to_owned(),
        pay_sign: "c2lnbg==".to_owned(),
    }
}

fn ticket(id: &str) -> AttemptView {
    let params = params(&format!("prepay_id={id}"));
    attempt(id, AttemptStatus::Pending, IN_WECHAT, Action::Jsapi { params })
}

fn opens(id: &str) -> Effect {
    Effect::OpenWechat { params: params(&format!("prepay_id={id}")) }
}

fn login() -> WechatLoginView {
    WechatLoginView { url: LOGIN_URL.to_owned(), expires_at_ms: EXPIRES_MS }
}

/// With WeChat's cashier over the page.
fn in_wechat() -> Checkout {
    let mut checkout = Checkout::starting(Device::WeChat, IN_WECHAT);
    checkout.hears(Msg::PaymentStarted(Ok(ticket("1")))).does(&opens("1"));
    checkout.is(&Phase::InWechat);
    checkout
}

/// The page that WeChat sends the browser back to, with `outcome` in its address.
fn back_from_login(outcome: &str) -> Checkout {
    let memory = SavedOrder { logging_in: true, ..saved() };
    let (state, effects) = State::start(Device::WeChat, Some(memory), Some(Login::of_outcome(outcome)));
    let mut checkout = Checkout { state, effects, now_ms: NOW_MS };
    checkout.hears(Msg::LearnerKnown(Ok(alice())));
    checkout.hears(Msg::OrderRead(Ok(OrderView { order_token: None, ..order_of_all() })));
    checkout
}

#[test]
fn a_wechat_code_is_scanned_as_an_alipay_code_is() {
    let mut checkout = Checkout::starting(Device::Desktop, WECHAT_QR);
    let code = AttemptView { method: WECHAT_PAY, ..code("1") };
    checkout.hears(Msg::PaymentStarted(Ok(code)));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn a_phones_link_is_asked_for_anew_each_time_because_it_holds_for_minutes() {
    let mut checkout = Checkout::starting(Device::Phone, WECHAT_MOBILE);
    checkout.hears(Msg::PaymentStarted(Ok(page("1", WECHAT_MOBILE))));
    checkout.does(&Effect::GoTo { url: "https://gateway.example/1".to_owned() });
    checkout.hears(Msg::PageShown).is(&Phase::Confirming { claimed: true });
    checkout.hears(Msg::ShowCode).does(&start_payment(WECHAT_MOBILE));
    checkout.hears(Msg::PaymentStarted(Ok(page("2", WECHAT_MOBILE))));
    checkout.does(&Effect::GoTo { url: "https://gateway.example/2".to_owned() });
    checkout.hears(Msg::ChangeMethod).hears(Msg::Pay).does(&start_payment(WECHAT_MOBILE));
}

#[test]
fn who_is_not_known_to_wechat_logs_in_and_the_order_is_remembered_for_it() {
    let mut checkout = Checkout::starting(Device::WeChat, IN_WECHAT);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    assert_eq!(checkout.effects, [Effect::StartLogin(saved().key())]);
    checkout.hears(Msg::Pay).does_nothing();
    checkout.hears(Msg::LoginStarted(Ok(login()))).is(&Phase::LoggingIn);
    let left = Effect::Save(SavedOrder { logging_in: true, ..saved() });
    assert_eq!(checkout.effects, [left, Effect::GoTo { url: LOGIN_URL.to_owned() }]);
}

#[test]
fn whoever_comes_back_from_the_login_goes_on_with_the_same_order() {
    for outcome in ["done", "failed"] {
        let mut checkout = back_from_login(outcome);
        checkout.does(&Effect::Save(saved()));
        checkout.does(&start_payment(IN_WECHAT));
        checkout.hears(Msg::PaymentStarted(Ok(ticket("1")))).does(&opens("1"));
    }
}

#[test]
fn a_login_that_came_to_nothing_leaves_the_choice_and_can_be_tried_again() {
    for outcome in ["declined", "expired", "unavailable", "<script>"] {
        let mut checkout = back_from_login(outcome);
        checkout.is(&Phase::Choosing { notice: Some(Notice::LoginUnfinished) });
        checkout.hears(Msg::Pay).does(&start_payment(IN_WECHAT));
        checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
        checkout.does(&Effect::StartLogin(saved().key()));
    }
}

#[test]
fn a_login_that_did_not_help_does_not_send_the_browser_round_in_circles() {
    let mut checkout = back_from_login("done");
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    checkout.is(&Phase::Choosing { notice: Some(Notice::LoginUnfinished) });
    checkout.does_nothing();
    checkout.hears(Msg::Pay).hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    checkout.does(&Effect::StartLogin(saved().key()));
}

#[test]
fn an_address_alone_starts_no_payment() {
    let (state, effects) = State::start(Device::WeChat, Some(saved()), Some(Login::Over));
    let mut checkout = Checkout { state, effects, now_ms: NOW_MS };
    checkout.hears(Msg::LearnerKnown(Ok(alice())));
    checkout.hears(Msg::OrderRead(Ok(order_of_all()))).is(&Phase::Choosing { notice: None });
}

#[test]
fn an_order_that_was_paid_during_the_login_shows_that_it_is_paid() {
    let memory = SavedOrder { logging_in: true, ..saved() };
    let (state, effects) = State::start(Device::WeChat, Some(memory), Some(Login::Over));
    let mut checkout = Checkout { state, effects, now_ms: NOW_MS };
    checkout.hears(Msg::LearnerKnown(Ok(alice()))).reads(OrderStatus::Paid, Some(ticket("1")));
    checkout.is(&Phase::Paid);
}

#[test]
fn the_back_button_from_the_login_leads_to_the_choice() {
    let mut checkout = Checkout::starting(Device::WeChat, IN_WECHAT);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    checkout.hears(Msg::LoginStarted(Ok(login()))).hears(Msg::PageShown);
    checkout.is(&Phase::Choosing { notice: None });
    checkout.hears(Msg::Pay).does(&start_payment(IN_WECHAT));
}

#[test]
fn a_login_that_cannot_begin_is_tried_again_or_leaves_the_other_ways() {
    let mut checkout = Checkout::starting(Device::WeChat, IN_WECHAT);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    checkout.hears(Msg::LoginStarted(Err(Failure::Unreachable)));
    checkout.does(&Effect::RetryAfter { delay_ms: 1_000 });
    checkout.hears(Msg::RetryDue).does(&start_payment(IN_WECHAT));
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    checkout.hears(Msg::LoginStarted(Err(refused(503, "gateway_off"))));
    checkout.is(&Phase::Choosing { notice: Some(Notice::MethodUnavailable) });
    assert_eq!(checkout.state.chosen(), Some(BY_CARD));
}

#[test]
fn a_login_at_an_address_that_is_no_web_page_is_not_gone_to() {
    let mut checkout = Checkout::starting(Device::WeChat, IN_WECHAT);
    checkout.hears(Msg::PaymentStarted(Err(refused(409, "wechat_login_required"))));
    let url = "javascript:alert(1)".to_owned();
    checkout.hears(Msg::LoginStarted(Ok(WechatLoginView { url, ..login() })));
    checkout.is(&Phase::Failed { reason: Reason::Server(Failure::Unreadable) });
    assert!(!checkout.effects.iter().any(|effect| matches!(effect, Effect::GoTo { .. })));
}

#[test]
fn what_the_bridge_says_settles_nothing_and_asks_the_server() {
    for (answer, phase) in [
        (Bridge::Ok, Phase::Confirming { claimed: true }),
        (Bridge::Cancelled, Phase::Choosing { notice: None }),
        (Bridge::Failed, Phase::Choosing { notice: Some(Notice::WechatNotOpened) }),
    ] {
        let mut checkout = in_wechat();
        checkout.hears(Msg::BridgeAnswered(answer)).is(&phase);
        assert_eq!(checkout.effects, [Effect::CheckOrder(saved().key())]);
        let paid = AttemptView { status: AttemptStatus::Paid, ..ticket("1") };
        checkout.reads(OrderStatus::Paid, Some(paid)).is(&Phase::Paid);
    }
}

#[test]
fn a_bridge_that_never_answers_does_not_hide_that_it_is_paid() {
    let mut checkout = in_wechat();
    assert_eq!(checkout.state.watch(), Some(Watch::Read));
    checkout.hears(Msg::SaidPaid).does(&Effect::CheckOrder(saved().key()));
    let mut late = in_wechat();
    late.reads(OrderStatus::Paid, Some(ticket("1"))).is(&Phase::Paid);
    late.hears(Msg::BridgeAnswered(Bridge::Cancelled)).is(&Phase::Paid);
}

#[test]
fn wechats_cashier_is_opened_again_with_what_the_server_gives() {
    let mut checkout = in_wechat();
    checkout.hears(Msg::BridgeAnswered(Bridge::Cancelled)).hears(Msg::Pay).does(&start_payment(IN_WECHAT));
    checkout.hears(Msg::PaymentStarted(Ok(ticket("2")))).does(&opens("2"));
    checkout.hears(Msg::ShowCode).does(&start_payment(IN_WECHAT));
}

#[test]
fn outside_wechat_no_bridge_is_asked_for() {
    let mut checkout = Checkout::starting(Device::Desktop, WECHAT_QR);
    checkout.hears(Msg::PaymentStarted(Ok(ticket("1"))));
    checkout.is(&Phase::Failed { reason: Reason::Server(Failure::Unreadable) });
}
