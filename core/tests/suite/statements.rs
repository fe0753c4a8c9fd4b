//! How do the gateways' own accounts of a day read, and what is none?

use coursepay_core::currency::Currency;
use coursepay_core::gateway::statement::{LineKind, StatementLine};
use coursepay_core::gateway::{alipay, stripe, wechat_pay};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::cny;

const ALIPAY: &str = "\
#支付宝业务明细查询\r\n\
#账号：[20880000000000020156]\r\n\
#起始日期：[2026年01月01日 00:00:00]   终止日期：[2026年01月02日 00:00:00]\r\n\
#-----------------------------------------业务明细列表----------------------------------------\r\n\
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n\
2026010122001400000000000001\t,01KDVDNA00DGDG000000000001\t,交易\t,\"课程, 第 \"\"1\"\" 讲\",2026-01-01 08:00:00,2026-01-01 08:00:09,\t,\t,\t,\t,*买家(bu***@example.com)\t,99.00,99.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.59,0.00,\r\n\
2026010122001400000000000001\t,01KDVDNA00DGDG000000000001\t,退款\t,\"课程, 第 \"\"1\"\" 讲\",2026-01-01 08:00:00,2026-01-01 09:00:00,\t,\t,\t,\t,*买家(bu***@example.com)\t,-33.33,-33.33,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,01KDVDNA00DGDG000000000002\t,0.00,0.00,\r\n\
#-----------------------------------------业务明细列表结束------------------------------------\r\n\
#交易合计：1笔，商家实收共99.00元，商家优惠共0.00元\r\n\
#退款合计：1笔，商家实收退款共-33.33元，商家优惠退款共0.00元\r\n\
#导出时间：[2026年01月02日 10:00:00]\r\n";

const MCHID: &str = "1900000109";
const WECHAT_PAY: &str = "\u{feff}\
交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n\
`2026-01-01 08:00:09,`wxd678efh567hg6787,`1900000109,`0,`,`4200000000000000000000000001,`01KDVDNA00DGDG000000000001,`oUpF8,`NATIVE,`SUCCESS,`OTHERS,`CNY,`99.00,`0.00,`0,`0,`0.00,`0.00,`,`,`课程, 第 1 讲,`,`0.59000,`0.60%,`99.00,`0.00,`\r\n\
`2026-01-01 09:00:00,`wxd678efh567hg6787,`1900000109,`0,`,`4200000000000000000000000001,`01KDVDNA00DGDG000000000001,`oUpF8,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030000000000000000000000001,`01KDVDNA00DGDG000000000002,`33.33,`0.00,`ORIGINAL,`SUCCESS,`课程, 第 1 讲,`,`-0.20000,`0.60%,`0.00,`33.33,`\r\n\
总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\
`2.0,`99.00,`33.33,`0.00,`0.39000,`99.00,`33.33\r\n";

fn stripe_page() -> Value {
    let source = |more: Value| {
        let mut source =
            json!({"payment_intent": "pi_3Q0001", "metadata": {"attempt": "01KDVDNA00DGDG000000000001"}});
        if let (Some(source), Value::Object(more)) = (source.as_object_mut(), more) {
            source.extend(more);
        }
        source
    };
    let noted = json!({"metadata": {"attempt": "01KDVDNA00DGDG000000000001", "refund": "01KDVDNA00DGDG000000000002"}});
    json!({"object": "list", "has_more": true, "data": [
        {"id": "txn_3", "type": "stripe_fee", "amount": -1500, "fee": 0, "currency": "cny", "created": 1767232800, "source": "du_1"},
        {"id": "txn_2", "type": "refund", "amount": -3333, "fee": 0, "currency": "cny", "created": 1767229200, "source": source(noted)},
        {"id": "txn_1", "type": "charge", "amount": 9900, "fee": 317, "currency": "cny", "created": 1767225609, "source": source(json!({}))},
    ]})
}

fn line(kind: LineKind, gateway_no: &str, minor: i64, fee_minor: i64, at_s: i64) -> StatementLine {
    StatementLine {
        kind,
        merchant_no: Some("01KDVDNA00DGDG000000000001".to_owned()),
        gateway_no: gateway_no.to_owned(),
        amount: cny(minor),
        fee_minor,
        at: Timestamp::from_ms(at_s * 1_000),
    }
}

fn refund() -> LineKind {
    LineKind::Refund { refund_no: Some("01KDVDNA00DGDG000000000002".to_owned()) }
}

#[test]
fn every_payment_and_refund_of_a_bill_is_read_with_its_numbers_amount_fee_and_time() {
    let trade_no = "2026010122001400000000000001";
    let expected = [
        line(LineKind::Payment, trade_no, 9_900, 59, 1_767_225_609),
        line(refund(), trade_no, 3_333, 0, 1_767_229_200),
    ];
    assert_eq!(alipay::statement::read(ALIPAY).unwrap(), expected);
    let transaction_id = "4200000000000000000000000001";
    let expected = [
        line(LineKind::Payment, transaction_id, 9_900, 59, 1_767_225_609),
        line(refund(), transaction_id, 3_333, -20, 1_767_229_200),
    ];
    assert_eq!(wechat_pay::statement::read(WECHAT_PAY, MCHID).unwrap(), expected);
    let page = stripe::statement::read(stripe_page().to_string().as_bytes()).unwrap();
    let fee = StatementLine {
        merchant_no: None,
        ..line(LineKind::Other("stripe_fee".to_owned()), "txn_3", 1_500, 0, 1_767_232_800)
    };
    let expected = [
        fee,
        line(refund(), "pi_3Q0001", 3_333, 0, 1_767_229_200),
        line(LineKind::Payment, "pi_3Q0001", 9_900, 317, 1_767_225_609),
    ];
    assert_eq!(page.lines, expected);
    assert_eq!(page.next_after.as_deref(), Some("txn_1"));
}

/// The fault of a bill with `from` in place of `to`.
fn changed(bill: &str, from: &str, to: &str) -> String {
    assert!(bill.contains(from), "{from}");
    let bill = bill.replacen(from, to, 1);
    let fault = if bill.starts_with('#') {
        alipay::statement::read(&bill).map(|_| ())
    } else {
        wechat_pay::statement::read(&bill, MCHID).map(|_| ())
    };
    fault.unwrap_err().to_string()
}

#[test]
fn a_bill_that_is_not_whole_or_not_ours_is_none() {
    for (from, to, fault) in [
        (
            "交易合计：1笔",
            "交易合计：2笔",
            "line 9: the rows have 1, the sums say #交易合计：2笔，商家实收共99.00元，商家优惠共0.00元",
        ),
        ("业务明细列表结束", "", "line 0: the bill was cut off: there is no 业务明细列表结束"),
        (",99.00,99.00,", ",99.00,", "line 6: expected 25 cells, got 24"),
        (",99.00,99.00,", ",-99.00,99.00,", "line 6: 业务类型 交易 of -99.00"),
        (",99.00,99.00,", ",99.001,99.00,", "line 6: 订单金额（元） is no amount: 99.001"),
        ("服务费（元）", "服务费", "line 6: there is no column 服务费（元）"),
        ("2026-01-01 08:00:09", "yesterday", "line 6: 完成时间 is no time"),
        ("01KDVDNA00DGDG000000000002\t", "\t", "line 7: 退款批次号/请求号 is empty"),
    ] {
        assert_eq!(changed(ALIPAY, from, to), fault);
    }
    for (from, to, fault) in [
        ("`1900000109", "`1900000108", "line 2: expected merchant 1900000109, got 1900000108"),
        ("`CNY", "`USD", "line 2: expected CNY, got USD"),
        ("`SUCCESS,`OTHERS", "`PENDING,`OTHERS", "line 2: 交易状态 is PENDING"),
        ("`2.0,", "`3.0,", "line 5: expected 3.0 lines, got 2"),
        ("`0.39000,`99.00", "`0.39000,`98.00", "line 5: 订单总金额: expected 9800 fen, the lines have 9900"),
        ("`2026-01-01 08:00:09", "2026-01-01 08:00:09", "line 2: no backtick before the row"),
        ("`99.00,`0.00,`\r\n", "`-99.00,`0.00,`\r\n", "line 2: an amount is below zero"),
    ] {
        assert_eq!(changed(WECHAT_PAY, from, to), fault);
    }
}

#[test]
fn a_page_of_stripes_that_names_no_payment_or_turns_a_sign_round_is_none() {
    let flawed = |change: &dyn Fn(&mut Value)| {
        let mut page = stripe_page();
        change(&mut page);
        stripe::statement::read(page.to_string().as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(
        flawed(&|page| page["data"][2]["source"] = json!("ch_1")),
        "line 3: txn_1: there is no payment_intent"
    );
    assert_eq!(
        flawed(&|page| page["data"][1]["amount"] = json!(3333)),
        "line 2: txn_2: an amount with another sign"
    );
    assert_eq!(
        flawed(&|page| page["data"][2]["currency"] = json!("btc")),
        "line 3: txn_1: no amount of a currency we know"
    );
    assert_eq!(flawed(&|page| page["data"] = json!({})), "line 0: not a list of balance transactions");
}

#[test]
fn a_bill_that_was_cut_off_anywhere_is_none_or_whole() {
    for (bill, whole) in
        [(ALIPAY, "退款合计"), (WECHAT_PAY, "`2.0,`99.00,`33.33,`0.00,`0.39000,`99.00,`33.33")]
    {
        let end_of_sums = bill.find(whole).unwrap() + whole.len();
        for end in (0..end_of_sums).filter(|end| bill.is_char_boundary(*end)) {
            let cut = &bill[..end];
            let read = if bill == ALIPAY {
                alipay::statement::read(cut).is_err()
            } else {
                wechat_pay::statement::read(cut, MCHID).is_err()
            };
            assert!(read, "cut at {end}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(text in any::<String>(), at in any::<prop::sample::Index>(), other in any::<char>()) {
        for bill in [ALIPAY.to_owned(), WECHAT_PAY.to_owned(), stripe_page().to_string(), text] {
            let changed: String = {
                let place = at.index(bill.chars().count().max(1));
                bill.chars().enumerate().map(|(n, c)| if n == place { other } else { c }).collect()
            };
            drop(alipay::statement::read(&changed));
            drop(wechat_pay::statement::read(&changed, MCHID));
            drop(stripe::statement::read(changed.as_bytes()));
        }
    }
}

#[test]
fn amounts_of_other_currencies_have_their_own_decimals() {
    let mut page = stripe_page();
    page["data"] = json!([page["data"][2]]);
    page["data"][0]["currency"] = json!("jpy");
    let read = stripe::statement::read(page.to_string().as_bytes()).unwrap();
    assert_eq!(read.lines[0].amount, Money::new(9_900, Currency::Jpy).unwrap());
}
