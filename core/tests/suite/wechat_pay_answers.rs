//! What does each answer of WeChat Pay mean to each call? One table, and what an error may end.

use coursepay_core::api::Action;
use coursepay_core::gateway::{Answer, Fault, Gateway, Message, Operation};
use coursepay_core::method::Channel;

use crate::fixture::START;
use crate::wechat_pay_fixture::{tried, wechat_pay};
use crate::wechat_pay_signing::{Headers, headers, trusted, with};

/// Columns: what we asked. The number is the end of `Request-ID`.
const ERRORS: &str = "
status code                   number     create   query       close
202    USERPAYING             -          unclear  processing  processing
202    ACCEPTED               -          unclear  unclear     unclear
400    PARAM_ERROR            268435461  refused  unclear     unclear
400    PARAM_ERROR            270924358  refused  unclear     unclear
400    APPID_MCHID_NOT_MATCH  268445527  refused  unclear     unclear
400    MCH_NOT_EXISTS         -          refused  unclear     unclear
400    OPENID_MISMATCH        -          refused  unclear     unclear
400    INVALID_REQUEST        -          unclear  unclear     unclear
400    INVALID_REQUEST        268498688  unclear  unclear     unclear
400    INVALID_REQUEST        268498689  over     over        over
400    PARAM_ERROR            268498688  unclear  unclear     unclear
400    ORDERPAID              268498689  over     over        over
400    ORDER_PAID             268449538  over     over        over
400    ORDERPAID              -          over     over        over
400    PARAM_ERROR            268449538  over     over        over
400    ORDER_CLOSED           -          closed   closed      closed
400    ORDER_CLOSED           268447914  closed   closed      closed
401    SIGN_ERROR             268443699  refused  unclear     unclear
403    NO_AUTH                -          refused  unclear     unclear
403    RULE_LIMIT             -          refused  unclear     unclear
403    ACCOUNT_ERROR          -          refused  unclear     unclear
403    NOT_ENOUGH             -          refused  unclear     unclear
403    TRADE_ERROR            -          unclear  unclear     unclear
403    OUT_TRADE_NO_USED      -          unclear  unclear     unclear
404    ORDER_NOT_EXIST        268512771  unclear  absent      absent
404    RESOURCE_NOT_EXISTS    -          unclear  unclear     unclear
429    FREQUENCY_LIMITED      268447840  unclear  unclear     unclear
429    RATELIMIT_EXCEEDED     -          unclear  unclear     unclear
429    ORDER_NOT_EXIST        -          unclear  unclear     unclear
500    SYSTEM_ERROR           -          unclear  unclear     unclear
500    BANK_ERROR             -          unclear  unclear     unclear
500    PARAM_ERROR            -          unclear  unclear     unclear
503    SERVICE_UNAVAILABLE    -          unclear  unclear     unclear
400    SOMETHING_NEW          -          unclear  unclear     unclear
";

const OPERATIONS: [Operation; 3] = [Operation::Create, Operation::Query, Operation::Close];

fn read_on(
    channel: Channel,
    operation: Operation,
    status: u16,
    headers: &Headers,
    body: &str,
) -> Result<Option<Answer>, Fault> {
    let answer = Message { status, headers, body: body.as_bytes() };
    wechat_pay().read_answer(operation, &tried(channel), answer, START).map(trusted)
}

pub(crate) fn read(
    operation: Operation,
    status: u16,
    headers: &Headers,
    body: &str,
) -> Result<Option<Answer>, Fault> {
    read_on(Channel::Qr, operation, status, headers, body)
}

/// What a signed answer means.
pub(crate) fn answered(operation: Operation, status: u16, body: &str) -> Result<Option<Answer>, Fault> {
    read(operation, status, &headers(body), body)
}

pub(crate) fn name(answer: Result<Option<Answer>, Fault>) -> String {
    match answer {
        Err(fault) => fault.to_string(),
        Ok(None) => "not believed".to_owned(),
        Ok(Some(Answer::Payable { .. })) => "payable".to_owned(),
        Ok(Some(Answer::Ticket(ticket))) => format!("ticket {ticket}"),
        Ok(Some(Answer::Refused { code })) => format!("refused {code}"),
        Ok(Some(Answer::Waiting)) => "waiting".to_owned(),
        Ok(Some(Answer::Processing)) => "processing".to_owned(),
        Ok(Some(Answer::Paid(payment))) => format!("paid {}", payment.amount.minor()),
        Ok(Some(Answer::AlreadyOver)) => "over".to_owned(),
        Ok(Some(Answer::Closed)) => "closed".to_owned(),
        Ok(Some(Answer::Absent)) => "absent".to_owned(),
        Ok(Some(Answer::Unclear { code })) => format!("unclear {code}"),
    }
}

/// A row's parts: status, code, the headers beyond the signature, the expected cells.
fn rows() -> impl Iterator<Item = (u16, &'static str, Option<String>, Vec<&'static str>)> {
    ERRORS.lines().skip(2).map(|row| {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let id =
            (cells[2] != "-").then(|| format!("08CFCBF1930610C20518C6B5C05520DC9A012898E905-{}", cells[2]));
        (cells[0].parse().unwrap(), cells[1], id, cells[3..].to_vec())
    })
}

fn error_body(code: &str) -> String {
    format!(r#"{{"code":"{code}","message":"…","detail":{{"field":"/a","issue":"…"}}}}"#)
}

#[test]
fn every_signed_error_means_to_every_call_what_the_table_says() {
    for (status, code, request_id, cells) in rows() {
        let body = error_body(code);
        let headers = match &request_id {
            Some(id) => with(headers(&body), "Request-ID", id),
            None => headers(&body),
        };
        for (operation, expected) in OPERATIONS.into_iter().zip(cells) {
            let expected = match expected {
                "refused" | "unclear" => format!("{expected} {code}"),
                other => other.to_owned(),
            };
            let answer = read(operation, status, &headers, &body);
            assert_eq!(name(answer), expected, "{operation:?} {status} {code} {request_id:?}");
        }
    }
}

#[test]
fn an_unsigned_error_ends_nothing_but_a_creation_whose_own_signature_was_refused() {
    for (status, code, request_id, _) in rows() {
        let headers = request_id.map(|id| vec![("Request-ID".to_owned(), id)]).unwrap_or_default();
        for operation in OPERATIONS {
            let expected = match (status, code, operation) {
                (202, _, _) => "malformed: the answer is not signed".to_owned(),
                (401, "SIGN_ERROR", Operation::Create) => "refused SIGN_ERROR".to_owned(),
                _ => format!("unclear {code}"),
            };
            let answer = read(operation, status, &headers, &error_body(code));
            assert_eq!(name(answer), expected, "{operation:?} {status} {code}");
        }
    }
    let elsewhere = read(Operation::Create, 400, &Headers::new(), &error_body("SIGN_ERROR"));
    assert_eq!(name(elsewhere), "unclear SIGN_ERROR");
}

#[test]
fn an_error_under_a_wrong_signature_is_not_believed_at_all() {
    let body = error_body("ORDER_NOT_EXIST");
    for operation in OPERATIONS {
        assert_eq!(name(read(operation, 404, &headers("{}"), &body)), "not believed");
    }
}

#[test]
fn what_states_no_code_is_a_status_and_nothing_more() {
    for (status, body) in [
        (502, "<html>Bad Gateway</html>"),
        (404, ""),
        (404, r#"{"message":"…"}"#),
        (404, r#"{"code":404}"#),
        (404, r#"{"code":"A","code":"ORDER_NOT_EXIST"}"#),
        (301, "{}"),
        (100, "{}"),
    ] {
        for headers in [headers(body), Headers::new()] {
            let answer = read(Operation::Query, status, &headers, body);
            assert_eq!(name(answer), format!("HTTP status {status}"), "{body}");
        }
    }
    for status in [201, 203, 206] {
        assert_eq!(name(answered(Operation::Query, status, "{}")), format!("HTTP status {status}"));
    }
}

#[test]
fn each_channel_is_paid_in_its_own_way() {
    let body = r#"{"code_url":"weixin://wxpay/bizpayurl?pr=1","h5_url":"https://wx.example/h5?prepay_id=2&package=3","prepay_id":"wx4"}"#;
    let created = |channel| read_on(channel, Operation::Create, 200, &headers(body), body).unwrap().unwrap();
    let content = "weixin://wxpay/bizpayurl?pr=1".to_owned();
    let expires_at_ms = START.ms() + 30 * 60 * 1_000;
    assert_eq!(created(Channel::Qr), payable(Action::QrCode { content, expires_at_ms }));
    let url = "https://wx.example/h5?prepay_id=2&package=3\
               &redirect_url=https%3A%2F%2Fschool.example%2Fcourse%3Fid%3D1%26from%3Dpay";
    assert_eq!(created(Channel::Mobile), payable(Action::Redirect { url: url.to_owned() }));
    assert_eq!(created(Channel::InApp), Answer::Ticket("wx4".to_owned()));
}

#[test]
fn a_phone_that_nobody_wants_back_is_sent_to_wechat_alone() {
    let body = r#"{"h5_url":"https://wx.example/h5?prepay_id=2"}"#;
    let mut attempt = tried(Channel::Mobile);
    attempt.terms.return_url = None;
    let headers = headers(body);
    let answer = Message { status: 200, headers: &headers, body: body.as_bytes() };
    let answer = wechat_pay().read_answer(Operation::Create, &attempt, answer, START).map(trusted);
    let url = "https://wx.example/h5?prepay_id=2".to_owned();
    assert_eq!(answer, Ok(Some(payable(Action::Redirect { url }))));
}

#[test]
fn a_creation_that_does_not_say_how_to_pay_is_none() {
    for (channel, body) in [
        (Channel::Qr, "{}"),
        (Channel::Qr, r#"{"code_url":""}"#),
        (Channel::Qr, r#"{"code_url":null}"#),
        (Channel::Qr, r#"{"code_url":"a","code_url":"b"}"#),
        (Channel::Qr, "[]"),
        (Channel::Qr, ""),
        (Channel::Mobile, r#"{"code_url":"weixin://1"}"#),
        (Channel::Mobile, r#"{"h5_url":"javascript:alert(1)"}"#),
        (Channel::InApp, r#"{"prepay_id":7}"#),
    ] {
        let answer = read_on(channel, Operation::Create, 200, &headers(body), body);
        assert!(matches!(answer, Err(Fault::Malformed(_))), "{body}");
    }
}

#[test]
fn a_close_is_done_by_204_alone() {
    assert_eq!(name(answered(Operation::Close, 204, "")), "closed");
    assert_eq!(name(read(Operation::Close, 204, &Headers::new(), "")), "malformed: the answer is not signed");
    let other = "malformed: the status is not one of this call's";
    assert_eq!(name(answered(Operation::Close, 200, "{}")), other);
    assert_eq!(name(answered(Operation::Query, 204, "")), other);
    assert_eq!(name(answered(Operation::Create, 204, "")), other);
}

/// Payable, with nothing to be remembered.
fn payable(action: Action) -> Answer {
    Answer::Payable { action, gateway_ref: None }
}
