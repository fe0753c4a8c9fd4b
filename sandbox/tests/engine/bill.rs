//! What stands in a statement, and when it can be had.

use std::io::Read as _;

use encoding_rs::GBK;
use http::Response;
use serde_json::{Value, json};

use crate::shop::{DAY_MS, HOUR_MS, MINUTE_MS, Shop};

/// Asks for a statement's address.
fn ask(shop: &mut Shop, kind: &str, date: &str) -> Value {
    let order = json!({ "bill_type": kind, "bill_date": date });
    shop.call("alipay.data.dataservice.bill.downloadurl.query", &order)
}

fn fetch(shop: &mut Shop, answer: &Value) -> Response<bytes::Bytes> {
    let address = answer["bill_download_url"].as_str().unwrap_or_else(|| panic!("{answer}"));
    shop.get(address.strip_prefix("http://sandbox.example").unwrap())
}

/// Name and text of each file of a statement.
fn files(shop: &mut Shop, kind: &str, date: &str) -> Vec<(String, String)> {
    let answer = ask(shop, kind, date);
    let response = fetch(shop, &answer);
    assert_eq!(response.status(), 200);
    unpacked(response.body())
}

/// Reads a ZIP by its directory, as unpacking programs do.
fn unpacked(archive: &[u8]) -> Vec<(String, String)> {
    let short = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let long = |at: usize| short(at) + short(at + 2) * 65_536;
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let mut at = long(end + 16);
    (0..short(end + 10))
        .map(|_| {
            assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
            assert_eq!(short(at + 8) & 0x0800, 0, "names are not declared to be UTF-8");
            let (crc, packed, size) = (long(at + 16), long(at + 20), long(at + 24));
            let (name, local) = (&archive[at + 46..at + 46 + short(at + 28)], long(at + 42));
            assert_eq!(&archive[local..local + 4], b"PK\x03\x04");
            let start = local + 30 + short(local + 26) + short(local + 28);
            let mut contents = Vec::new();
            let mut decoder = flate2::read::DeflateDecoder::new(&archive[start..start + packed]);
            decoder.read_to_end(&mut contents).unwrap();
            let mut sum = flate2::Crc::new();
            sum.update(&contents);
            assert_eq!((contents.len(), sum.sum() as usize), (size, crc));
            at += 46 + short(at + 28) + short(at + 30) + short(at + 32);
            (from_gbk(name), from_gbk(&contents))
        })
        .collect()
}

fn from_gbk(bytes: &[u8]) -> String {
    let (text, _, wrong) = GBK.decode(bytes);
    assert!(!wrong);
    text.into_owned()
}

/// The cells of the data lines below the titles.
fn rows(text: &str) -> Vec<Vec<String>> {
    let data = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    data.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A day with a payment and a refund, and the morning after it.
fn shop_after_a_day() -> Shop {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.now_ms += MINUTE_MS;
    shop.refund("N1", "R1", "30.00");
    shop.deliver(200, "success");
    shop.now_ms += DAY_MS + 2 * HOUR_MS;
    shop
}

#[test]
fn the_statement_of_trades_is_laid_out_as_the_real_one() {
    let mut shop = shop_after_a_day();
    let account = format!("{}0156", shop.merchant().seller_id);
    let trade = shop.query("N1");
    let (trade_no, buyer) = (trade["trade_no"].as_str().unwrap(), trade["buyer_logon_id"].as_str().unwrap());
    let files = files(&mut shop, "trade", "2026-01-01");
    assert_eq!(files[0].0, format!("{account}_20260101_业务明细.csv"));
    assert_eq!(files[1].0, format!("{account}_20260101_业务明细(汇总).csv"));
    let row = |kind: &str, at: &str, fen: &str, refund: &str, fee: &str| {
        format!(
            "{trade_no}\t,N1\t,{kind}\t,Rust 入门 100% +1,2026-01-01 08:00:00,{at},\t,\t,\t,\t,*买家({buyer})\t,\
             {fen},{fen},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,{refund}\t,{fee},0.00,"
        )
    };
    let expected = [
        "#支付宝业务明细查询".to_owned(),
        format!("#账号：[{account}]"),
        "#起始日期：[2026年01月01日 00:00:00]   终止日期：[2026年01月02日 00:00:00]".to_owned(),
        "#-----------------------------------------业务明细列表----------------------------------------".to_owned(),
        "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,\
         订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,\
         券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,\
         分润（元）,备注"
            .to_owned(),
        row("交易", "2026-01-01 08:00:00", "99.00", "", "-0.59"),
        row("退款", "2026-01-01 08:01:00", "-30.00", "R1", "0.00"),
        "#-----------------------------------------业务明细列表结束------------------------------------".to_owned(),
        "#交易合计：1笔，商家实收共99.00元，商家优惠共0.00元".to_owned(),
        "#退款合计：1笔，商家实收退款共-30.00元，商家优惠退款共0.00元".to_owned(),
        "#导出时间：[2026年01月02日 10:01:00]".to_owned(),
    ];
    assert_eq!(files[0].1, expected.map(|line| line + "\r\n").concat());
    assert_eq!(rows(&files[0].1)[0].len(), 25);
    let sums = rows(&files[1].1).remove(0);
    assert_eq!(sums[2..6], ["1", "1", "69.00", "69.00"]);
    assert_eq!((sums[9].as_str(), sums[11].as_str()), ("-0.59", "68.41"));
}

#[test]
fn the_statement_of_the_balance_adds_up_line_by_line() {
    let mut shop = Shop::new();
    shop.paid("N1");
    shop.refund("N1", "R1", "30.00");
    shop.certified_call("alipay.fund.trans.uni.transfer", &crate::transfer::order("T1", "8.00"));
    shop.now_ms += DAY_MS + 2 * HOUR_MS;
    let files = files(&mut shop, "signcustomer", "2026-01-01");
    assert!(files[0].0.ends_with("_20260101_账务明细.csv") && files[1].0.ends_with("_账务明细(汇总).csv"));
    let rows = rows(&files[0].1);
    let of = |column: usize| rows.iter().map(|row| row[column].trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(rows[0].len(), 12);
    assert_eq!(of(2), ["N1", "N1", "N1", "T1"]);
    assert_eq!(of(6), ["99.00", "0.00", "0.00", "0.00"]);
    assert_eq!(of(7), ["0.00", "-0.59", "-30.00", "-8.00"]);
    assert_eq!(of(8), ["1000099.00", "1000098.41", "1000068.41", "1000060.41"]);
    assert_eq!(of(10), ["交易付款", "收费", "交易退款", "转账"]);
    let mut numbers = of(0);
    numbers.dedup();
    assert_eq!(numbers.len(), 4, "each movement has a number of its own");
    assert!(files[0].1.contains("#支出合计：3笔，共-38.59元\r\n#收入合计：1笔，共99.00元\r\n"));
    assert!(files[1].1.contains("合计\t,1,99.00,3,-38.59,60.41\r\n"));
}

#[test]
fn a_movement_has_the_same_number_and_balance_in_every_statement() {
    let mut shop = shop_after_a_day();
    shop.paid("N2");
    shop.move_clock(&format!("{{\"advance_ms\":{}}}", 40 * DAY_MS));
    let day = rows(&files(&mut shop, "signcustomer", "2026-01-02")[0].1);
    let month = rows(&files(&mut shop, "signcustomer", "2026-01")[0].1);
    assert_eq!((day.len(), month.len()), (2, 5));
    assert_eq!(day, month[3..]);
}

#[test]
fn a_statement_is_there_at_ten_the_next_morning() {
    let mut shop = shop_after_a_day();
    assert_eq!(ask(&mut shop, "trade", "2026-01-02")["sub_code"], "isv.invalid_arguments", "not over yet");
    shop.now_ms -= 2 * MINUTE_MS;
    assert_eq!(ask(&mut shop, "trade", "2026-01-01")["sub_code"], "isp.bill_not_exist", "a minute too early");
    shop.now_ms += MINUTE_MS;
    assert_eq!(ask(&mut shop, "trade", "2026-01-01")["code"], "10000");
    assert_eq!(ask(&mut shop, "trade", "2025-12-31")["sub_code"], "isp.bill_not_exist", "nothing happened");
    assert_eq!(ask(&mut shop, "signcustomer", "2025-12-31")["sub_code"], "isp.bill_not_exist");
}

#[test]
fn a_months_statement_is_there_on_the_fourth() {
    let mut shop = shop_after_a_day();
    assert_eq!(ask(&mut shop, "trade", "2026-01")["sub_code"], "isv.invalid_arguments");
    // 2026-01-02 10:01 so far.
    shop.move_clock(&format!("{{\"advance_ms\":{}}}", 32 * DAY_MS));
    assert_eq!(ask(&mut shop, "trade", "2026-01")["sub_code"], "isp.bill_not_exist");
    shop.move_clock(&format!("{{\"advance_ms\":{DAY_MS}}}"));
    let files = files(&mut shop, "trade", "2026-01");
    assert!(files[0].0.ends_with("_202601_业务明细.csv"));
    assert!(
        files[0].1.contains("#起始日期：[2026年01月01日 00:00:00]   终止日期：[2026年02月01日 00:00:00]")
    );
    assert_eq!(rows(&files[0].1).len(), 2);
}

#[test]
fn an_address_is_good_for_thirty_seconds_by_the_real_clock() {
    let mut shop = shop_after_a_day();
    let answer = ask(&mut shop, "trade", "2026-01-01");
    shop.move_clock(&format!("{{\"advance_ms\":{HOUR_MS}}}"));
    shop.now_ms += 29_999;
    let response = fetch(&mut shop, &answer);
    assert_eq!(response.status(), 200);
    let name = format!("attachment; filename={}0156_20260101.csv.zip", shop.merchant().seller_id);
    assert_eq!(response.headers()["content-disposition"], name);
    shop.now_ms += 1;
    assert_eq!(fetch(&mut shop, &answer).status(), 403);
    assert_eq!(shop.get("/downloadBillFile.resource?token=").status(), 403);
    assert_eq!(shop.get("/downloadBillFile.resource").status(), 403);
}

#[test]
fn what_is_asked_for_must_be_a_statement() {
    let mut shop = shop_after_a_day();
    for (kind, date) in [
        ("TRADE", "2026-01-01"),
        ("settle", "2026-01-01"),
        ("trade", "20260101"),
        ("trade", "2026-02-30"),
        ("trade", "2026-01-01 00:00:00"),
        ("trade", ""),
        ("", "2026-01-01"),
    ] {
        assert_eq!(ask(&mut shop, kind, date)["sub_code"], "isv.invalid_arguments", "{kind} {date}");
    }
}

#[test]
fn commas_quotes_lines_and_what_gbk_lacks_do_not_break_a_line() {
    let mut shop = Shop::new();
    let mut order = shop.order("N1");
    order["subject"] = json!("一, \"二\" 😀");
    order["body"] = json!("三\r\n四");
    let cashier = shop.call("alipay.trade.precreate", &order)["qr_code"].as_str().unwrap().to_owned();
    shop.press(&cashier, "approve");
    shop.now_ms += DAY_MS + 2 * HOUR_MS;
    let text = files(&mut shop, "trade", "2026-01-01").remove(0).1;
    assert!(text.contains(",\"一, \"\"二\"\" ?\",2026-01-01"), "{text}");
    assert!(text.contains(",0.00,三  四\r\n"), "{text}");
}

#[test]
fn only_the_callers_own_lines_stand_in_a_statement() {
    let mut shop = shop_after_a_day();
    let other = shop.world.keys().merchants[1].alipay.clone();
    let order = json!({ "bill_type": "trade", "bill_date": "2026-01-01" });
    let mut params = shop.params("alipay.data.dataservice.bill.downloadurl.query", &order);
    params.insert("app_id".to_owned(), other.app_id.clone());
    params.insert("sign".to_owned(), other.app_key.sign_sha256(&crate::shop::text_of(&params)));
    let response = shop.send_params(params);
    assert!(crate::shop::text(&response).contains("isp.bill_not_exist"));
}

/// The merchant numbers and amounts of a damaged statement; undamaged it is `N1 99.00`, `N1 -30.00`.
fn damaged(fault: &str, kind: &str, amount: std::ops::Range<usize>) -> Vec<String> {
    let mut shop = shop_after_a_day();
    shop.fault(&json!({ "fault": fault, "operation": "bill" }));
    let text = files(&mut shop, kind, "2026-01-01").remove(0).1;
    let column = if kind == "trade" { 1 } else { 2 };
    let line = |row: &Vec<String>| format!("{}{}", row[column].trim_end(), row[amount.clone()].join(""));
    rows(&text).iter().map(line).collect()
}

#[test]
fn bill_missing_line() {
    assert_eq!(damaged("bill_missing_line", "trade", 11..12), ["N1-30.00"]);
    assert_eq!(damaged("bill_missing_line", "signcustomer", 6..8), ["N10.00-0.59", "N10.00-30.00"]);
}

#[test]
fn bill_extra_line() {
    assert_eq!(damaged("bill_extra_line", "trade", 11..12), ["N199.00", "N1-30.00", "STRAYN1-30.00"]);
    assert_eq!(damaged("bill_extra_line", "signcustomer", 6..8).len(), 4);
}

#[test]
fn bill_altered_line() {
    assert_eq!(damaged("bill_altered_line", "trade", 11..12), ["N199.00", "N1-29.99"]);
    assert_eq!(damaged("bill_altered_line", "signcustomer", 6..8)[2], "N10.00-29.99");
}
