//! What if money came that could not settle the order?

use super::*;
use crate::text::Lang;

fn piece(fate: SurplusFate) -> SurplusView {
    SurplusView { attempt: "2".to_owned(), amount_minor: 9_900, fate }
}

fn with(status: OrderStatus, fate: SurplusFate) -> OrderView {
    OrderView { status, surplus: vec![piece(fate)], order_token: None, ..order() }
}

fn paid() -> Checkout {
    let mut checkout = Checkout::scanning();
    checkout.reads(OrderStatus::Paid, None).is(&Phase::Paid);
    checkout
}

#[test]
fn a_paid_order_shows_what_came_over_and_asks_until_it_is_back() {
    let mut checkout = paid();
    assert_eq!(checkout.state.watch(), None);
    checkout.hears(Msg::PageShown).does(&Effect::ReadOrder(saved().key()));
    checkout.hears(Msg::OrderRead(Ok(with(OrderStatus::Paid, SurplusFate::Returning))));
    checkout.is(&Phase::Paid);
    assert_eq!(checkout.state.surplus(), [piece(SurplusFate::Returning)]);
    assert_eq!(checkout.state.watch(), Some(Watch::Return));
    checkout.hears(Msg::PollDue).does(&Effect::ReadOrder(saved().key()));
    checkout.hears(Msg::OrderRead(Ok(with(OrderStatus::Paid, SurplusFate::Returned))));
    checkout.is(&Phase::Paid);
    assert_eq!(checkout.state.surplus(), [piece(SurplusFate::Returned)]);
    assert_eq!(checkout.state.watch(), None);
}

#[test]
fn an_order_that_is_over_is_not_forgotten_while_its_money_is_under_way() {
    let opened = |view| {
        let mut checkout = Checkout::open(Device::Desktop, Some(saved()));
        checkout.hears(Msg::ProductLoaded(Ok(product(9_900)))).hears(Msg::LearnerKnown(Ok(alice())));
        checkout.hears(Msg::OrderRead(Ok(view)));
        checkout
    };
    for status in [OrderStatus::Cancelled, OrderStatus::Expired] {
        let checkout = opened(with(status, SurplusFate::Returning));
        checkout.is(&Phase::Expired);
        assert_eq!(checkout.state.watch(), Some(Watch::Return));
        opened(OrderView { status, ..order() }).is(&Phase::Choosing { notice: None });
    }
}

#[test]
fn every_fate_is_told_in_words_with_the_amount() {
    use SurplusFate::{Disputed, Lost, NeedsAttention, Returned, Returning};
    let say = |lang: Lang, status, fate| lang.surplus(&with(status, fate), &piece(fate)).unwrap();
    let paid = OrderStatus::Paid;
    assert_eq!(say(Lang::Zh, paid, Returning), "您多付了一笔，¥99.00 正在原路退回");
    assert_eq!(say(Lang::Zh, paid, Returned), "您多付了一笔，¥99.00 已原路退回");
    assert_eq!(say(Lang::En, paid, Returning), "You paid once too often: ¥99.00 is on its way back to you");
    assert_eq!(
        say(Lang::Zh, OrderStatus::Cancelled, NeedsAttention),
        "付款到账时订单已结束，¥99.00 暂时未能退回，商家会处理"
    );
    let all = [Returning, Returned, NeedsAttention, Disputed, Lost];
    for lang in [Lang::Zh, Lang::En] {
        let mut told: Vec<String> = all.iter().map(|fate| say(lang, paid, *fate)).collect();
        told.dedup();
        assert_eq!(told.len(), 5);
    }
}
