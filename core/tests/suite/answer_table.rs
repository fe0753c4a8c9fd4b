//! What does each answer of Alipay mean to each call? One table, and what is not believed.

use coursepay_core::api::Action;
use coursepay_core::attempt::{Attempt, AttemptState};
use coursepay_core::gateway::{Answer, Claim, Fault, Gateway, Message, Operation};
use coursepay_core::method::Channel;
use coursepay_core::time::Timestamp;

use crate::fixture::{START, alipay, attempt, cny, run};
use crate::signing::{base64, believed, signed};

/// Columns: what we asked. Cells: the [`Answer`], or `malformed` where it is none.
const ANSWERS: &str = "
code   sub_code                            create      query       close
10000  -                                   payable     malformed   closed
10003  -                                   unclear     processing  unclear
20000  isp.unknow-error                    unclear     unclear     unclear
20000  aop.unknow-error                    unclear     unclear     unclear
20001  aop.invalid-auth-token              refused     unclear     unclear
40001  isv.missing-signature               refused     unclear     unclear
40002  isv.invalid-signature               refused     unclear     unclear
40003  isv.insufficient-isv-permissions    refused     unclear     unclear
40004  ACQ.SYSTEM_ERROR                    unclear     unclear     unclear
40004  aop.ACQ.SYSTEM_ERROR                unclear     unclear     unclear
40004  SYSTEM_ERROR                        unclear     unclear     unclear
40004  ACQ.TRADE_NOT_EXIST                 refused     absent      absent
40004  ACQ.TRADE_HAS_SUCCESS               over        over        over
40004  ACQ.TRADE_HAS_CLOSE                 closed      closed      closed
40004  ACQ.TRADE_STATUS_ERROR              unclear     unclear     over
40004  ACQ.CONTEXT_INCONSISTENT            unclear     unclear     unclear
40004  ACQ.INVALID_PARAMETER               refused     unclear     unclear
40004  -                                   unclear     unclear     unclear
40005  isv.app-call-limited                unclear     unclear     unclear
40006  isv.insufficient-user-permissions   refused     unclear     unclear
99999  -                                   unclear     unclear     unclear
";

fn pending() -> Attempt {
    attempt(Channel::Qr, AttemptState::Pending)
}

fn node(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "alipay_trade_precreate_response",
        Operation::Query => "alipay_trade_query_response",
        Operation::Close => "alipay_trade_close_response",
    }
}

fn answer_with(node: &str, response: &str) -> String {
    format!("{{\"{node}\":{response},\"sign\":\"{}\"}}", base64(&signed(response)))
}

fn read(operation: Operation, body: &str) -> Result<Option<Answer>, Fault> {
    alipay().read_answer(operation, &pending(), Message::of_body(body.as_bytes()), START).map(believed)
}

fn answered(operation: Operation, response: &str) -> Result<Option<Answer>, Fault> {
    read(operation, &answer_with(node(operation), response))
}

fn name(answer: Result<Option<Answer>, Fault>, code: &str) -> &'static str {
    match answer {
        Err(Fault::Malformed(_)) => "malformed",
        Err(fault) => panic!("{fault}"),
        Ok(None) => "not believed",
        Ok(Some(Answer::Payable { .. })) => "payable",
        Ok(Some(Answer::Ticket(_))) => "ticket",
        Ok(Some(Answer::Refused { code: told })) => {
            assert_eq!(told, code);
            "refused"
        }
        Ok(Some(Answer::Waiting)) => "waiting",
        Ok(Some(Answer::Processing)) => "processing",
        Ok(Some(Answer::Paid(_))) => "paid",
        Ok(Some(Answer::AlreadyOver)) => "over",
        Ok(Some(Answer::Closed)) => "closed",
        Ok(Some(Answer::Absent)) => "absent",
        Ok(Some(Answer::Unclear { code: told })) => {
            assert_eq!(told, code);
            "unclear"
        }
    }
}

#[test]
fn every_code_means_to_every_call_what_the_table_says() {
    for row in ANSWERS.lines().skip(2) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let (code, sub_code) = (cells[0], cells[1]);
        let told = if sub_code == "-" { code } else { sub_code };
        let sub_code = if sub_code == "-" { String::new() } else { format!(r#""sub_code":"{sub_code}","#) };
        let number = pending().id;
        for (operation, expected) in
            [Operation::Create, Operation::Query, Operation::Close].into_iter().zip(&cells[2..])
        {
            let response = format!(
                r#"{{"code":"{code}","msg":"…",{sub_code}"out_trade_no":"{number}","qr_code":"https:\/\/qr.example\/1"}}"#
            );
            assert_eq!(name(answered(operation, &response), told), *expected, "{operation:?} {row}");
        }
    }
}

#[test]
fn a_precreate_is_shown_as_a_code_that_dies_with_the_attempt() {
    let response = format!(
        r#"{{"code":"10000","out_trade_no":"{}","qr_code":"https:\/\/qr.example\/1"}}"#,
        pending().id
    );
    let Ok(Some(Answer::Payable { action, gateway_ref: None })) = answered(Operation::Create, &response)
    else {
        panic!("{response}")
    };
    let content = "https://qr.example/1".to_owned();
    assert_eq!(action, Action::QrCode { content, expires_at_ms: START.ms() + 30 * 60 * 1_000 });
}

fn standing(status: &str, rest: &str) -> Result<Option<Answer>, Fault> {
    let number = pending().id;
    let status = format!(r#""trade_status":"{status}","trade_no":"2026","total_amount":"99.00""#);
    answered(Operation::Query, &format!(r#"{{"code":"10000","out_trade_no":"{number}",{status}{rest}}}"#))
}

#[test]
fn a_query_tells_where_the_trade_stands() {
    for (status, expected) in [
        ("WAIT_BUYER_PAY", "waiting"),
        ("TRADE_SUCCESS", "paid"),
        ("TRADE_FINISHED", "paid"),
        ("TRADE_CLOSED", "closed"),
        ("TRADE_PENDING", "unclear"),
    ] {
        assert_eq!(name(standing(status, ""), "10000"), expected, "{status}");
    }
}

#[test]
fn a_query_tells_the_payment_with_its_time_where_it_has_one() {
    for (date, at) in [
        ("", None),
        (r#","send_pay_date":"soon""#, None),
        (r#","send_pay_date":"2026-01-01 08:00:30""#, Some(Timestamp::from_ms(START.ms() + 30_000))),
    ] {
        let Ok(Some(Answer::Paid(payment))) = standing("TRADE_SUCCESS", date) else { panic!("{date}") };
        assert_eq!(payment.merchant_no, pending().id.to_string());
        assert_eq!((payment.gateway_no.as_str(), payment.amount, payment.at), ("2026", cny(9_900), at));
    }
}

#[test]
fn an_answer_that_names_another_number_or_lacks_what_it_must_say_is_none() {
    let number = pending().id;
    for (operation, response) in [
        (Operation::Create, r#"{"code":"10000","qr_code":"https://qr.example/1"}"#.to_owned()),
        (
            Operation::Create,
            r#"{"code":"10000","out_trade_no":"1","qr_code":"https://qr.example/1"}"#.to_owned(),
        ),
        (Operation::Create, format!(r#"{{"code":"10000","out_trade_no":"{number}"}}"#)),
        (Operation::Create, format!(r#"{{"code":"10000","out_trade_no":"{number}","qr_code":""}}"#)),
        (Operation::Query, r#"{"code":"10000","trade_status":"TRADE_CLOSED"}"#.to_owned()),
        (
            Operation::Query,
            r#"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST","out_trade_no":"1"}"#.to_owned(),
        ),
        (Operation::Close, r#"{"code":"10000","out_trade_no":"1"}"#.to_owned()),
        (Operation::Query, "{}".to_owned()),
        (Operation::Query, r#"{"code":10000}"#.to_owned()),
        (Operation::Query, r#"{"code":"10003","code":"10000"}"#.to_owned()),
        (Operation::Query, "[]".to_owned()),
        (Operation::Query, "null".to_owned()),
    ] {
        assert!(matches!(answered(operation, &response), Err(Fault::Malformed(_))), "{response}");
    }
    for amount in [r#""total_amount":"99.001""#, r#""total_amount":"-1""#] {
        let response = format!(
            r#"{{"code":"10000","out_trade_no":"{number}","trade_no":"2026","trade_status":"TRADE_SUCCESS",{amount}}}"#
        );
        assert!(matches!(answered(Operation::Query, &response), Err(Fault::Malformed(_))), "{response}");
    }
}

#[test]
fn nothing_unsigned_is_believed_and_what_is_not_an_answer_is_malformed() {
    let number = pending().id;
    let ours = node(Operation::Create);
    let yes = format!(r#"{{"code":"10000","out_trade_no":"{number}","qr_code":"https://qr.example/1"}}"#);
    let no = r#"{"code":"40002","sub_code":"isv.invalid-app-id"}"#;
    let sign = base64(&signed(&yes));
    for (body, expected) in [
        (answer_with(ours, &yes), "payable"),
        (format!("{{\"sign\":\"{sign}\",\"{ours}\":{yes}}}"), "payable"),
        (format!("{{\"{ours}\":{yes}}}"), "not believed"),
        (format!("{{\"{ours}\":{yes},\"sign\":null}}"), "malformed"),
        (format!("{{\"{ours}\":{yes},\"sign\":\"\"}}"), "malformed"),
        (format!("{{\"{ours}\":{yes},\"sign\":\"%\"}}"), "malformed"),
        (format!("{{\"{ours}\":{yes},\"sign\":\"{}\"}}", base64(&signed(no))), "not believed"),
        // What was signed stands beside what is to be read.
        (format!("{{\"{ours}\":{yes},\"{ours}\":{no},\"sign\":\"{sign}\"}}"), "not believed"),
        (answer_with(ours, &yes).replace("https://qr", "https:\\/\\/qr"), "not believed"),
        (answer_with(node(Operation::Query), &yes), "malformed"),
        (format!("{{\"error_response\":{no}}}"), "not believed"),
        (answer_with("error_response", no), "refused"),
        (answer_with("error_response", &yes), "payable"),
        (String::new(), "malformed"),
        ("<html>502 Bad Gateway</html>".to_owned(), "malformed"),
        ("{}".to_owned(), "malformed"),
        (format!("{{\"{ours}\":{yes},\"sign\":\"{sign}\"}} and more"), "malformed"),
    ] {
        assert_eq!(name(read(Operation::Create, &body), "isv.invalid-app-id"), expected, "{body}");
    }
}

#[test]
fn an_unsigned_answer_offers_nothing_to_verify_even_to_a_check_that_believes_all() {
    let number = pending().id;
    let yes = format!(r#"{{"code":"10000","out_trade_no":"{number}","qr_code":"https://qr.example/1"}}"#);
    let body = format!("{{\"{}\":{yes}}}", node(Operation::Create));
    let answer = alipay()
        .read_answer(Operation::Create, &pending(), Message::of_body(body.as_bytes()), START)
        .unwrap();
    assert!(!answer.is_provable());
    assert!(run(answer.verify(async |_: &Claim| Ok::<_, ()>(true))).is_err());
}

#[test]
fn a_page_has_no_answer_for_us() {
    let page = attempt(Channel::Redirect, AttemptState::Created);
    let read = alipay().read_answer(Operation::Create, &page, Message::of_body(b"{}"), START);
    assert!(matches!(read.map(believed), Err(Fault::Unsupported(_))));
}
