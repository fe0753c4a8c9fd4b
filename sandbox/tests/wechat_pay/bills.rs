//! The statements of a day.

use std::io::Read as _;

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use crate::shop::{DAY_MS, HOUR_MS, MINUTE_MS, Shop, path_of};

/// 2026-01-02 10:00 in Shanghai, when the statement of the day before is there.
const READY_MS: i64 = 26 * HOUR_MS;

/// A day with two payments, one partly refunded, and then the morning after.
fn morning_after() -> Shop {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    shop.advance(MINUTE_MS);
    shop.paid("ORDER-2");
    shop.advance(MINUTE_MS);
    shop.refund("ORDER-1", "REFUND-1", 2500);
    shop.advance(READY_MS - 2 * MINUTE_MS);
    shop
}

/// Asks for a bill and fetches it; its text, the hash checked.
fn fetch(shop: &mut Shop, query: &str) -> String {
    let told = shop.done("GET", &format!("/v3/bill/{query}"), &Value::Null);
    assert_eq!(told["hash_type"], "SHA1");
    let request = shop.signed("GET", &path_of(&told["download_url"]), "");
    let response = shop.send(request);
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("wechatpay-signature"), "a file is not signed");
    let mut text = Vec::new();
    if query.contains("GZIP") {
        flate2::read::GzDecoder::new(response.body().as_ref()).read_to_end(&mut text).unwrap();
    } else {
        text.extend(response.body());
    }
    assert_eq!(told["hash_value"], json!(hex::encode(Sha1::digest(&text))));
    String::from_utf8(text).unwrap()
}

/// The lines between the headers, taken apart as receivers do.
fn lines(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap();
    let lines: Vec<&str> = text.strip_suffix("\r\n").unwrap().split("\r\n").collect();
    let rows = &lines[1..lines.len() - 2];
    rows.iter().map(|row| row[1..].split(",`").map(str::to_owned).collect()).collect()
}

#[test]
fn a_bill_has_a_line_for_each_payment_and_refund() {
    let mut shop = morning_after();
    let text = fetch(&mut shop, "tradebill?bill_date=2026-01-01&bill_type=ALL");
    let lines = lines(&text);
    let told: Vec<[&str; 6]> =
        lines.iter().map(|line| [6, 9, 12, 16, 19, 22].map(|column| line[column].as_str())).collect();
    assert_eq!(
        told,
        [
            ["ORDER-1", "SUCCESS", "99.00", "0.00", "", "0.59000"],
            ["ORDER-2", "SUCCESS", "99.00", "0.00", "", "0.59000"],
            ["ORDER-1", "REFUND", "0.00", "25.00", "SUCCESS", "-0.15000"],
        ]
    );
    assert!(lines.iter().all(|line| line.len() == 27));
    assert_eq!(lines[2][15], "REFUND-1");
    assert_eq!(lines[0][5], shop.query("ORDER-1")["transaction_id"].as_str().unwrap());
    let sums = text.trim_end().rsplit("\r\n").next().unwrap();
    assert_eq!(sums, "`3.0,`198.00,`25.00,`0.00,`1.03000,`198.00,`25.00");
}

#[test]
fn bills_of_one_kind_and_packed_ones_say_the_same() {
    let mut shop = morning_after();
    let all = fetch(&mut shop, "tradebill?bill_date=2026-01-01&tar_type=GZIP");
    assert_eq!(all, fetch(&mut shop, "tradebill?bill_date=2026-01-01"));
    for (bill_type, count) in [("SUCCESS", 2), ("REFUND", 1)] {
        let text = fetch(&mut shop, &format!("tradebill?bill_date=2026-01-01&bill_type={bill_type}"));
        assert_eq!(lines(&text).len(), count, "{bill_type}");
    }
}

#[test]
fn the_account_statement_shows_each_movement_with_the_balance_after_it() {
    let mut shop = morning_after();
    let text = fetch(&mut shop, "fundflowbill?bill_date=2026-01-01&tar_type=GZIP");
    let told: Vec<[String; 3]> =
        lines(&text).iter().map(|line| [5, 6, 7].map(|column| line[column].clone())).collect();
    let movements = [
        ["收入", "99.00", "1000099.00"],
        ["支出", "0.59", "1000098.41"],
        ["收入", "99.00", "1000197.41"],
        ["支出", "0.59", "1000196.82"],
        ["支出", "25.00", "1000171.82"],
        ["收入", "0.15", "1000171.97"],
    ];
    assert_eq!(told, movements.map(|movement| movement.map(str::to_owned)));
    let none =
        shop.refused("GET", "/v3/bill/fundflowbill?bill_date=2026-01-01&account_type=FEES", &Value::Null);
    assert_eq!(none, (400, "NO_STATEMENT_EXIST".to_owned()));
}

#[test]
fn a_bill_is_there_from_ten_o_clock_of_the_next_day_for_three_months() {
    let mut shop = Shop::new();
    shop.paid("ORDER-1");
    let target = "/v3/bill/tradebill?bill_date=2026-01-01";
    assert_eq!(shop.refused("GET", target, &Value::Null), (400, "PARAM_ERROR".to_owned()), "today");
    shop.advance(16 * HOUR_MS);
    assert_eq!(shop.refused("GET", target, &Value::Null), (400, "STATEMENT_CREATING".to_owned()));
    shop.advance(10 * HOUR_MS);
    shop.done("GET", target, &Value::Null);
    shop.advance(93 * DAY_MS);
    assert_eq!(shop.refused("GET", target, &Value::Null), (400, "PARAM_ERROR".to_owned()));
}

#[test]
fn days_are_those_of_shanghai_and_an_empty_one_has_no_bill() {
    let mut shop = Shop::new();
    shop.advance(16 * HOUR_MS - 1);
    shop.paid("ORDER-1");
    shop.advance(1);
    shop.paid("ORDER-2");
    shop.advance(3 * DAY_MS);
    let of =
        |shop: &mut Shop, day: &str| lines(&fetch(shop, &format!("tradebill?bill_date={day}")))[0][6].clone();
    assert_eq!(of(&mut shop, "2026-01-01"), "ORDER-1");
    assert_eq!(of(&mut shop, "2026-01-02"), "ORDER-2");
    let empty = shop.refused("GET", "/v3/bill/tradebill?bill_date=2026-01-03", &Value::Null);
    assert_eq!(empty, (400, "NO_STATEMENT_EXIST".to_owned()));
}

#[test]
fn a_bills_address_works_for_five_minutes_and_for_its_merchant() {
    let mut shop = morning_after();
    let told = shop.done("GET", "/v3/bill/tradebill?bill_date=2026-01-01", &Value::Null);
    let target = path_of(&told["download_url"]);
    shop.place = 1;
    assert_eq!(shop.refused("GET", &target, &Value::Null), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    shop.place = 0;
    shop.advance(5 * MINUTE_MS);
    assert_eq!(shop.refused("GET", &target, &Value::Null).0, 404);
}

#[test]
fn nonsense_is_refused() {
    let mut shop = morning_after();
    for query in [
        "tradebill",
        "tradebill?bill_date=2026-1-1",
        "tradebill?bill_date=20260101",
        "tradebill?bill_date=2026-01-01&bill_type=OTHER",
        "tradebill?bill_date=2026-01-01&tar_type=ZIP",
        "fundflowbill?bill_date=2026-01-01&account_type=OTHER",
    ] {
        let refused = shop.refused("GET", &format!("/v3/bill/{query}"), &Value::Null);
        assert_eq!(refused, (400, "PARAM_ERROR".to_owned()), "{query}");
    }
}

#[test]
fn a_bill_with_a_missing_an_extra_or_an_altered_line() {
    for (fault, numbers, paid) in [
        ("bill_missing_line", vec!["ORDER-2", "ORDER-1"], "99.00"),
        ("bill_altered_line", vec!["ORDER-1", "ORDER-2", "ORDER-1"], "99.00"),
    ] {
        let mut shop = morning_after();
        shop.fault(json!({ "fault": fault, "times": 1 }));
        let told = lines(&fetch(&mut shop, "tradebill?bill_date=2026-01-01"));
        assert_eq!(told.iter().map(|line| line[6].as_str()).collect::<Vec<_>>(), numbers, "{fault}");
        assert_eq!(told[0][12], paid);
        if fault == "bill_altered_line" {
            assert_eq!(told[2][16], "25.01", "the refund's line is a fen off");
        }
        assert_eq!(lines(&fetch(&mut shop, "tradebill?bill_date=2026-01-01")).len(), 3, "once only");
    }
    let mut shop = morning_after();
    shop.fault(json!({ "fault": "bill_extra_line" }));
    let told = lines(&fetch(&mut shop, "tradebill?bill_date=2026-01-01"));
    assert_eq!(told.len(), 4);
    let unknown = told[3][6].clone();
    assert_eq!(shop.state(&unknown), "ORDER_NOT_EXIST");
}
