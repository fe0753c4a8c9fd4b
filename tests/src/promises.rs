//! What does Coursepay promise, wherever it runs?
//!
//! Each function is a promise, named by what holds, and shown by actors on a fresh
//! [`Target`](crate::target::Target). [`promises!`] lists them all, so that each server under test runs each.

pub mod course;
pub mod disputes;
pub mod methods;
pub mod refunds;
pub mod twice;
pub mod wallet;

/// Hands every promise to `$run`, a macro that makes a test of it.
#[macro_export]
macro_rules! promises {
    ($run:ident) => {
        $run! { wallet::the_worked_example_holds_to_the_cent }
        $run! { wallet::of_fifty_purchases_at_once_exactly_the_covered_twenty_settle }
        $run! { course::a_course_bought_by_alipay_qr_is_booked_opened_and_told }
        $run! { course::a_guest_buys_with_the_orders_token_alone }
        $run! { course::a_reload_finds_the_same_order_and_the_same_code }
        $run! { course::an_order_that_nobody_approves_stays_open }
        $run! { methods::a_course_is_bought_through_every_gateway }
        $run! { methods::another_method_takes_the_place_of_one_that_was_begun }
        $run! { refunds::a_course_is_refunded_in_part_and_in_full_through_every_method }
        $run! { disputes::a_lost_dispute_takes_what_the_sale_gave_and_closes_the_course }
        $run! { twice::ten_notifies_at_once_have_one_effect }
        $run! { twice::alipay_then_wallet_is_one_sale_and_nothing_over }
        $run! { twice::wallet_then_alipay_is_one_sale_and_the_rest_goes_back }
        $run! { twice::alipay_and_wallet_at_once_are_one_sale }
        $run! { twice::a_double_click_and_a_second_tab_make_one_order }
    };
}
