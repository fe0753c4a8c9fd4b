//! The ways that lead to "paid".

use super::*;

#[test]
fn the_learner_chooses_once_product_and_learner_are_known() {
    let mut checkout = Checkout::open(Device::Desktop, None);
    assert_eq!(checkout.effects, [Effect::LoadProduct, Effect::AskLearner]);
    checkout.hears(Msg::LearnerKnown(Ok(Learner::Visitor)));
    checkout.is(&Phase::Loading { tries: 0 });
    checkout.hears(Msg::ProductLoaded(Ok(product(9_900))));
    checkout.is(&Phase::Choosing { notice: None });
    assert!(checkout.state.can_pay());
}

#[test]
fn a_desktop_offers_the_code_first_and_a_phone_the_app() {
    assert_eq!(Checkout::for_visitor().choices(), [QR, REDIRECT]);
    assert_eq!(Checkout::for_alice(50_000).choices(), [QR, REDIRECT, BALANCE]);
    let mut phone = Checkout::open(Device::Phone, None);
    phone.hears(Msg::ProductLoaded(Ok(product(9_900)))).hears(Msg::LearnerKnown(Ok(alice())));
    assert_eq!(phone.choices(), [MOBILE, BALANCE]);
    assert_eq!(phone.state.chosen(), Some(MOBILE));
}

#[test]
fn a_product_says_what_is_on_offer_before_there_is_an_order() {
    let offers_on = |device| {
        let mut checkout = Checkout::open(device, None);
        checkout.hears(Msg::ProductLoaded(Ok(product_of_all()))).hears(Msg::LearnerKnown(Ok(alice())));
        assert_eq!(checkout.state.chosen(), checkout.choices().first().copied());
        checkout.choices()
    };
    assert_eq!(offers_on(Device::Desktop), [QR, WECHAT_QR, REDIRECT, BY_CARD, BALANCE]);
    assert_eq!(offers_on(Device::Phone), [MOBILE, WECHAT_MOBILE, BY_CARD, BALANCE]);
    assert_eq!(offers_on(Device::WeChat), [IN_WECHAT, BY_CARD, BALANCE]);
}

#[test]
fn where_nothing_is_on_nothing_is_offered_and_nothing_can_be_paid() {
    let mut checkout = Checkout::open(Device::Desktop, None);
    checkout.hears(Msg::ProductLoaded(Ok(ProductView { methods: Some(Vec::new()), ..product(9_900) })));
    checkout.hears(Msg::LearnerKnown(Ok(Learner::Visitor)));
    assert_eq!(checkout.state.offers(), []);
    assert!(!checkout.state.can_pay());
    checkout.hears(Msg::Pay).does_nothing();
}

#[test]
fn what_the_order_offers_counts_more_than_what_the_product_did() {
    let mut checkout = Checkout::open(Device::Desktop, None);
    checkout.hears(Msg::ProductLoaded(Ok(product_of_all()))).hears(Msg::LearnerKnown(Ok(alice())));
    checkout.hears(Msg::Pick(WECHAT_QR)).hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    checkout.is(&Phase::Choosing { notice: Some(Notice::MethodUnavailable) });
    assert_eq!(checkout.choices(), [QR, REDIRECT, BALANCE]);
}

#[test]
fn inside_wechat_alipay_is_not_offered_because_it_could_not_open() {
    let mut wechat = Checkout::open(Device::WeChat, None);
    wechat.hears(Msg::ProductLoaded(Ok(product(9_900)))).hears(Msg::LearnerKnown(Ok(Learner::Visitor)));
    assert_eq!(wechat.state.offers(), []);
    assert!(!wechat.state.can_pay());
    wechat.hears(Msg::LearnerKnown(Ok(alice())));
    assert_eq!(wechat.state.chosen(), Some(BALANCE));
}

#[test]
fn a_code_is_scanned_and_the_order_is_paid() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay).does(&create_order());
    checkout.hears(Msg::OrderCreated(Ok(order())));
    checkout.does(&Effect::Save(saved()));
    checkout.does(&Effect::Tell(Event::Order { order_id: ORDER.to_owned() }));
    checkout.does(&start_payment(QR));
    checkout.hears(Msg::PaymentStarted(Ok(code("1"))));
    checkout.is(&Phase::Scanning { content: "https://qr.example/1".to_owned(), expires_at_ms: EXPIRES_MS });
    assert_eq!(checkout.state.watch(), Some(Watch::Read));
    checkout.hears(Msg::PollDue).does(&Effect::ReadOrder(saved().key()));
    let paid = AttemptView { status: AttemptStatus::Paid, ..code("1") };
    checkout.reads(OrderStatus::Paid, Some(paid)).is(&Phase::Paid);
    checkout.does(&Effect::Save(SavedOrder { told_paid: true, ..saved() }));
    checkout.does(&tell_paid());
    assert_eq!(checkout.state.watch(), None);
}

#[test]
fn a_double_click_starts_one_order_and_one_payment() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay).does(&create_order());
    checkout.hears(Msg::Pay).does_nothing();
    checkout.hears(Msg::OrderCreated(Ok(order()))).does(&start_payment(QR));
    checkout.hears(Msg::Pay).does_nothing();
    checkout.hears(Msg::OrderCreated(Ok(order()))).does_nothing();
    checkout.hears(Msg::PaymentStarted(Ok(code("1"))));
    checkout.hears(Msg::PaymentStarted(Ok(code("2")))).does_nothing();
    assert!(matches!(&checkout.state.phase, Phase::Scanning { content, .. } if content.ends_with("/1")));
}

#[test]
fn the_wallet_pays_only_once_the_server_says_so() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pick(BALANCE)).hears(Msg::Pay);
    checkout.hears(Msg::OrderCreated(Ok(order()))).does(&start_payment(BALANCE));
    let settled = attempt("1", AttemptStatus::Paid, BALANCE, Action::None);
    checkout.hears(Msg::PaymentStarted(Ok(settled.clone())));
    checkout.is(&Phase::Confirming { claimed: false });
    checkout.does(&Effect::ReadOrder(saved().key()));
    checkout.reads(OrderStatus::Paid, Some(settled)).is(&Phase::Paid);
}

#[test]
fn a_redirect_leaves_the_page_and_remembers_that_it_did() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pick(REDIRECT)).hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    checkout.hears(Msg::PaymentStarted(Ok(page("1", REDIRECT))));
    let left = Effect::Save(SavedOrder { at_gateway: true, ..saved() });
    let go = Effect::GoTo { url: "https://gateway.example/1".to_owned() };
    assert_eq!(checkout.effects, [left, go], "what the page remembers must be written before it is left");
}

#[test]
fn a_page_that_comes_back_asks_the_gateway_at_once() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pick(REDIRECT)).hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    checkout.hears(Msg::PaymentStarted(Ok(page("1", REDIRECT))));
    checkout.hears(Msg::PageShown).does(&Effect::CheckOrder(saved().key()));
    checkout.is(&Phase::Confirming { claimed: true });
    assert_eq!(checkout.state.watch(), Some(Watch::Check));
    checkout.hears(Msg::ShowCode);
    checkout.is(&Phase::Redirecting { url: "https://gateway.example/1".to_owned() });
    checkout.does_nothing();
}

#[test]
fn who_says_they_have_paid_is_not_believed_but_checked() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::SaidPaid).does(&Effect::CheckOrder(saved().key()));
    checkout.is(&Phase::Confirming { claimed: true });
    checkout.hears(Msg::PollDue).does(&Effect::CheckOrder(saved().key()));
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    checkout.is(&Phase::Confirming { claimed: true });
    checkout.hears(Msg::ShowCode);
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn an_open_order_from_another_tab_shows_its_code_again() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay);
    checkout.hears(Msg::OrderCreated(Ok(OrderView { attempt: Some(code("7")), ..order() })));
    assert!(matches!(&checkout.state.phase, Phase::Scanning { content, .. } if content.ends_with("/7")));
    assert!(!checkout.effects.contains(&start_payment(QR)));
}

#[test]
fn another_way_to_pay_keeps_the_order_and_starts_another_payment() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::ChangeMethod).is(&Phase::Choosing { notice: None });
    assert_eq!(checkout.state.watch(), Some(Watch::Read), "the code may still be paid meanwhile");
    checkout.hears(Msg::Pick(BALANCE));
    checkout.hears(Msg::Pay).does(&start_payment(BALANCE));
}

#[test]
fn the_same_way_again_shows_the_same_code() {
    let mut checkout = Checkout::scanning();
    checkout.hears(Msg::ChangeMethod).hears(Msg::Pay).does_nothing();
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn a_payment_that_is_still_being_prepared_shows_its_code_when_it_is_there() {
    let mut checkout = Checkout::for_alice(50_000);
    checkout.hears(Msg::Pay).hears(Msg::OrderCreated(Ok(order())));
    let unknown = attempt("1", AttemptStatus::Unknown, QR, Action::None);
    checkout.hears(Msg::PaymentStarted(Ok(unknown))).is(&Phase::Confirming { claimed: false });
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("1")));
    assert!(matches!(checkout.state.phase, Phase::Scanning { .. }));
}

#[test]
fn a_code_renewed_in_another_tab_replaces_this_one() {
    let mut checkout = Checkout::scanning();
    checkout.reads(OrderStatus::AwaitingPayment, Some(code("2")));
    assert!(matches!(&checkout.state.phase, Phase::Scanning { content, .. } if content.ends_with("/2")));
}

#[test]
fn money_that_arrives_while_choosing_or_after_a_failure_is_seen() {
    let paid = AttemptView { status: AttemptStatus::Paid, ..code("1") };
    let mut choosing = Checkout::scanning();
    choosing.hears(Msg::ChangeMethod).reads(OrderStatus::Paid, Some(paid.clone())).is(&Phase::Paid);
    let mut failed = Checkout::scanning();
    failed.reads(
        OrderStatus::AwaitingPayment,
        Some(AttemptView { status: AttemptStatus::Failed, ..code("1") }),
    );
    failed.is(&Phase::Failed { reason: Reason::Declined });
    failed.reads(OrderStatus::Paid, Some(paid)).is(&Phase::Paid);
}
