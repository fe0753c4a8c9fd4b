//! What does WeChat Pay say of a refund, and what of it is final?

use coursepay_core::gateway::{Fault, Gateway, Message, RefundAnswer, RefundOperation, RefundStanding};
use coursepay_core::method::Channel;

use crate::fixture::START;
use crate::wechat_pay_fixture::{refund, tried, wechat_pay};
use crate::wechat_pay_signing::{Headers, headers, trusted};

/// Columns: what we asked.
const ERRORS: &str = "
status code                  request  query
400    PARAM_ERROR           failed   unclear
400    INVALID_REQUEST       unclear  unclear
401    SIGN_ERROR            unclear  unclear
403    NO_AUTH               failed   unclear
403    NOT_ENOUGH            unclear  unclear
403    USER_ACCOUNT_ABNORMAL failed   unclear
404    MCH_NOT_EXISTS        failed   unclear
404    RESOURCE_NOT_EXISTS   failed   absent
404    ORDER_NOT_EXIST       unclear  unclear
429    FREQUENCY_LIMITED     unclear  unclear
429    PARAM_ERROR           unclear  unclear
500    SYSTEM_ERROR          unclear  unclear
502    RESOURCE_NOT_EXISTS   unclear  unclear
400    SOMETHING_NEW         unclear  unclear
";

const OPERATIONS: [RefundOperation; 2] = [RefundOperation::Request, RefundOperation::Query];

fn read(
    operation: RefundOperation,
    status: u16,
    headers: &Headers,
    body: &str,
) -> Result<Option<RefundAnswer>, Fault> {
    let answer = Message { status, headers, body: body.as_bytes() };
    wechat_pay().read_refund_answer(operation, &refund(), &tried(Channel::Qr), answer, START).map(trusted)
}

fn name(answer: Result<Option<RefundAnswer>, Fault>) -> String {
    match answer {
        Err(fault) => fault.to_string(),
        Ok(None) => "not believed".to_owned(),
        Ok(Some(RefundAnswer::Absent)) => "absent".to_owned(),
        Ok(Some(RefundAnswer::Unclear { code })) => format!("unclear {code}"),
        Ok(Some(RefundAnswer::Known { standing, .. })) => match standing {
            RefundStanding::Done { at } => format!("done {}", at.map_or(0, |at| at.ms_since(START))),
            RefundStanding::Pending => "pending".to_owned(),
            RefundStanding::Failed { code } => format!("failed {code}"),
            RefundStanding::NeedsAttention { code } => format!("attention {code}"),
        },
    }
}

/// The refund as it is told.
fn told(status: &str) -> String {
    format!(
        r#"{{"refund_id":"5030001","out_refund_no":"{}","transaction_id":"4200001","out_trade_no":"{}","channel":"ORIGINAL","user_received_account":"招商银行","success_time":"2026-01-01T08:05:00+08:00","create_time":"2026-01-01T08:04:00+08:00","status":"{status}","amount":{{"total":9900,"refund":3000,"payer_total":9900,"payer_refund":2900,"currency":"CNY"}}}}"#,
        refund().number,
        tried(Channel::Qr).id
    )
}

fn changed(from: &str, to: &str) -> String {
    let body = told("SUCCESS");
    assert_eq!(body.matches(from).count(), 1, "{from}");
    let body = body.replace(from, to);
    name(read(RefundOperation::Query, 200, &headers(&body), &body))
}

#[test]
fn both_calls_tell_where_the_refund_stands() {
    for (status, expected) in [
        ("SUCCESS", "done 300000"),
        ("PROCESSING", "pending"),
        ("CLOSED", "failed CLOSED"),
        ("ABNORMAL", "attention ABNORMAL"),
        ("SOMETHING_NEW", "unclear SOMETHING_NEW"),
    ] {
        let body = told(status);
        for operation in OPERATIONS {
            assert_eq!(name(read(operation, 200, &headers(&body), &body)), expected, "{status}");
        }
    }
    let body = told("PROCESSING");
    let Ok(Some(RefundAnswer::Known { gateway_no, .. })) =
        read(RefundOperation::Request, 200, &headers(&body), &body)
    else {
        panic!("{body}")
    };
    assert_eq!(gateway_no.as_deref(), Some("5030001"));
}

#[test]
fn an_answer_about_another_refund_is_none() {
    let number = "malformed: the answer is about another number";
    let amount = "malformed: the answer is about another amount";
    assert_eq!(changed(&refund().number.to_string(), "1"), number);
    assert_eq!(changed(&tried(Channel::Qr).id.to_string(), "1"), number);
    for to in ["2999", "\"3000\"", "3000.0", "-3000", "null"] {
        assert_eq!(changed(r#""refund":3000"#, &format!(r#""refund":{to}"#)), amount, "{to}");
    }
    assert_eq!(changed(r#""currency":"CNY""#, r#""currency":"USD""#), amount);
    assert_eq!(changed(r#""status":"SUCCESS","#, ""), "malformed: status is missing");
    assert_eq!(
        changed(r#""status":"#, r#""status":"CLOSED","status":"#),
        "malformed: the answer is not a refund"
    );
    assert_eq!(changed("2026-01-01T08:05:00+08:00", "soon"), "done 0");
}

#[test]
fn only_a_documented_no_to_a_request_is_final() {
    for row in ERRORS.lines().skip(2) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let (status, code) = (cells[0].parse().unwrap(), cells[1]);
        let body = format!(r#"{{"code":"{code}","message":"…"}}"#);
        for (operation, expected) in OPERATIONS.into_iter().zip(&cells[2..]) {
            let expected = match *expected {
                "absent" => "absent".to_owned(),
                other => format!("{other} {code}"),
            };
            assert_eq!(name(read(operation, status, &headers(&body), &body)), expected, "{row}");
            let unsigned = read(operation, status, &Headers::new(), &body);
            assert_eq!(name(unsigned), format!("unclear {code}"), "unsigned: {row}");
            assert_eq!(name(read(operation, status, &headers("{}"), &body)), "not believed", "{row}");
        }
    }
}

#[test]
fn a_refund_is_not_done_by_silence() {
    for operation in OPERATIONS {
        let expected = "malformed: the status is not one of this call's";
        assert_eq!(name(read(operation, 204, &headers(""), "")), expected);
        let unsigned = read(operation, 200, &Headers::new(), &told("SUCCESS"));
        assert_eq!(name(unsigned), "malformed: the answer is not signed");
    }
}
