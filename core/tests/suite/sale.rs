//! Where does the money of a sale go, to the cent?

use coursepay_core::id::UserId;
use coursepay_core::ledger::chart::Account;
use coursepay_core::ledger::rules::{self, Source};
use coursepay_core::ledger::{Entry, LedgerError, Side};
use coursepay_core::method::GatewayId;
use coursepay_core::order::Line;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{START, alice, cny, ids, line, order};

fn sale(source: Source, total_minor: i64, lines: &[Line]) -> Result<Entry, LedgerError> {
    let cause = "capture:1".to_owned();
    rules::sale(ids(0, 3).fresh(), cause, order().id, START, source, cny(total_minor), lines)
}

fn postings(entry: &Entry) -> Vec<(String, Side, i64)> {
    entry.legs().iter().map(|leg| (leg.account.to_string(), leg.side, leg.amount.minor())).collect()
}

fn posting(account: &str, side: Side, minor: i64) -> (String, Side, i64) {
    (account.to_owned(), side, minor)
}

#[test]
fn a_learner_with_500_who_pays_100_to_a_creator_with_200_leaves_400_and_300() {
    let lines = [line("ink-painting", cny(10_000), &[("mei", 10_000)])];
    let entry = sale(Source::Wallet(alice()), 10_000, &lines).unwrap();
    assert_eq!(
        postings(&entry),
        [posting("wallet:alice", Side::Debit, 10_000), posting("creator:mei:pending", Side::Credit, 10_000)]
    );
    let after = |account: &str, before: i64| -> i64 {
        let normal = Account::parse(account).unwrap().side();
        before
            + entry
                .legs()
                .iter()
                .filter(|leg| leg.account.to_string() == account)
                .map(|leg| if leg.side == normal { leg.amount.minor() } else { -leg.amount.minor() })
                .sum::<i64>()
    };
    assert_eq!(after("wallet:alice", 50_000), 40_000);
    assert_eq!(after("creator:mei:pending", 20_000), 30_000);
}

#[test]
fn of_99_through_alipay_a_creator_at_70_percent_gets_69_30_and_the_platform_the_rest() {
    let lines = [line("rust-101", cny(9_900), &[("lin", 7_000)])];
    let entry = sale(Source::Gateway(GatewayId::Alipay), 9_900, &lines).unwrap();
    assert_eq!(
        postings(&entry),
        [
            posting("gateway:alipay:clearing", Side::Debit, 9_900),
            posting("creator:lin:pending", Side::Credit, 6_930),
            posting("platform:fees", Side::Credit, 2_970),
        ]
    );
}

#[test]
fn a_fraction_of_a_fen_goes_to_the_platform() {
    let lines = [line("rust-101", cny(1), &[("lin", 9_999)])];
    let entry = sale(Source::Gateway(GatewayId::Alipay), 1, &lines).unwrap();
    assert_eq!(
        postings(&entry),
        [posting("gateway:alipay:clearing", Side::Debit, 1), posting("platform:fees", Side::Credit, 1)]
    );
}

#[test]
fn one_creator_of_two_lines_is_credited_once_with_the_sum_of_the_shares() {
    let lines = [
        line("rust-101", cny(9_999), &[("lin", 7_000)]),
        line("ledger-design", cny(19_999), &[("lin", 3_333), ("mei", 3_333)]),
    ];
    let entry = sale(Source::Wallet(UserId::parse("bo").unwrap()), 29_998, &lines).unwrap();
    assert_eq!(
        postings(&entry),
        [
            posting("wallet:bo", Side::Debit, 29_998),
            posting("creator:lin:pending", Side::Credit, 6_999 + 6_665),
            posting("platform:fees", Side::Credit, 3_000 + 6_669),
            posting("creator:mei:pending", Side::Credit, 6_665),
        ]
    );
}

#[test]
fn lines_that_do_not_sum_to_what_was_paid_make_no_entry() {
    let lines = [line("rust-101", cny(9_900), &[("lin", 7_000)])];
    assert!(matches!(sale(Source::Wallet(alice()), 9_901, &lines), Err(LedgerError::Unbalanced { .. })));
}

#[test]
fn shares_above_the_whole_make_no_entry() {
    let lines = [line("rust-101", cny(9_900), &[("lin", 7_000), ("mei", 7_000)])];
    assert!(sale(Source::Wallet(alice()), 9_900, &lines).is_err());
}
