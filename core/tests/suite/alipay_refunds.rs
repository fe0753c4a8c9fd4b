//! How does money go back through Alipay, and what do its answers mean?

use coursepay_core::attempt::{Attempt, AttemptState, Capture};
use coursepay_core::gateway::{
    Fault, Gateway, GatewayRequest, Message, Outgoing, Prepared, RefundAnswer, RefundOperation,
    RefundStanding, RefundTerms,
};
use coursepay_core::id::RefundId;
use coursepay_core::method::Channel;
use coursepay_core::time::Timestamp;

use crate::fixture::{START, alipay, attempt, cny, ids, moment};
use crate::signing::{base64, believed, signed};

/// What a published sample dates 2026-01-02 08:00:00.
const REFUNDED_AT: Timestamp = Timestamp::from_ms(1_767_312_000_000);

fn paid() -> Attempt {
    let capture = Capture { gateway_no: Some("2026".to_owned()), at: START, settled: true };
    attempt(Channel::Qr, AttemptState::Paid(capture))
}

fn refund() -> RefundTerms {
    let number: RefundId = ids(0, 9).fresh();
    RefundTerms {
        number,
        amount: cny(3_300),
        reason: "课程取消".to_owned(),
        notify_url: "https://pay.example/v1/callbacks/alipay".to_owned(),
        gateway_no: None,
    }
}

fn sent(operation: RefundOperation) -> GatewayRequest {
    let prepared = alipay().prepare_refund(operation, &refund(), &paid(), &moment(START)).unwrap();
    let Prepared::ToSign(unsigned) = prepared else { panic!("unsigned") };
    match unsigned.signed(&[1]) {
        Outgoing::Send(request) => request,
        Outgoing::Browse(action) => panic!("{action:?}"),
    }
}

fn contents(request: &GatewayRequest) -> String {
    let body =
        form_urlencoded::parse(request.body.as_bytes()).into_owned().find(|(name, _)| name == "biz_content");
    body.unwrap().1
}

fn answered(operation: RefundOperation, response: &str) -> Result<Option<RefundAnswer>, Fault> {
    let node = match operation {
        RefundOperation::Request => "alipay_trade_refund_response",
        RefundOperation::Query => "alipay_trade_fastpay_refund_query_response",
    };
    let body = format!("{{\"{node}\":{response},\"sign\":\"{}\"}}", base64(&signed(response)));
    let message = Message::of_body(body.as_bytes());
    alipay().read_refund_answer(operation, &refund(), &paid(), message, START).map(believed)
}

fn known(standing: RefundStanding) -> RefundAnswer {
    RefundAnswer::Known { gateway_no: None, standing }
}

#[test]
fn a_refund_is_asked_for_under_its_own_number_and_asked_about_under_it() {
    let (trade, number) = (paid().id, refund().number);
    let request = sent(RefundOperation::Request);
    assert!(request.url.contains("method=alipay.trade.refund&"));
    assert_eq!(
        contents(&request),
        format!(
            r#"{{"out_trade_no":"{trade}","refund_amount":"33.00","out_request_no":"{number}","refund_reason":"课程取消"}}"#
        )
    );
    let query = sent(RefundOperation::Query);
    assert!(query.url.contains("method=alipay.trade.fastpay.refund.query&"));
    assert_eq!(
        contents(&query),
        format!(
            r#"{{"out_trade_no":"{trade}","out_request_no":"{number}","query_options":["gmt_refund_pay"]}}"#
        )
    );
}

#[test]
fn only_moved_money_is_done_and_only_a_documented_no_is_one() {
    let done = known(RefundStanding::Done { at: None });
    let failed = |code: &str| known(RefundStanding::Failed { code: code.to_owned() });
    let unclear = |code: &str| RefundAnswer::Unclear { code: code.to_owned() };
    for (response, meaning) in [
        (r#"{"code":"10000","fund_change":"Y"}"#, done),
        // Not by this call: it may have moved before, or not yet.
        (r#"{"code":"10000","fund_change":"N"}"#, known(RefundStanding::Pending)),
        (r#"{"code":"10000"}"#, known(RefundStanding::Pending)),
        (
            r#"{"code":"40004","sub_code":"ACQ.SELLER_BALANCE_NOT_ENOUGH"}"#,
            // For now: the merchant can pay in, and the same number is asked for again.
            unclear("ACQ.SELLER_BALANCE_NOT_ENOUGH"),
        ),
        (r#"{"code":"40004","sub_code":"ACQ.TRADE_HAS_FINISHED"}"#, failed("ACQ.TRADE_HAS_FINISHED")),
        (r#"{"code":"40002","sub_code":"isv.invalid-signature"}"#, unclear("isv.invalid-signature")),
        (r#"{"code":"40004","sub_code":"ACQ.SYSTEM_ERROR"}"#, unclear("ACQ.SYSTEM_ERROR")),
        (
            r#"{"code":"40004","sub_code":"ACQ.DISCORDANT_REPEAT_REQUEST"}"#,
            unclear("ACQ.DISCORDANT_REPEAT_REQUEST"),
        ),
        (r#"{"code":"40004","sub_code":"ACQ.NEVER_HEARD_OF"}"#, unclear("ACQ.NEVER_HEARD_OF")),
        (r#"{"code":"20000","sub_code":"isp.unknow-error"}"#, unclear("isp.unknow-error")),
        (r#"{"code":"40005"}"#, unclear("40005")),
    ] {
        assert_eq!(answered(RefundOperation::Request, response), Ok(Some(meaning)), "{response}");
    }
}

#[test]
fn a_query_that_names_no_status_says_nothing() {
    let done = known(RefundStanding::Done { at: Some(REFUNDED_AT) });
    for (response, meaning) in [
        (
            r#"{"code":"10000","refund_status":"REFUND_SUCCESS","refund_amount":"33.00","gmt_refund_pay":"2026-01-02 08:00:00"}"#,
            done,
        ),
        (r#"{"code":"10000"}"#, RefundAnswer::Absent),
        (r#"{"code":"10000","refund_status":"REFUND_PROCESSING"}"#, RefundAnswer::Absent),
        (
            r#"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"#,
            RefundAnswer::Unclear { code: "ACQ.TRADE_NOT_EXIST".to_owned() },
        ),
    ] {
        assert_eq!(answered(RefundOperation::Query, response), Ok(Some(meaning)), "{response}");
    }
}

#[test]
fn an_answer_about_another_refund_or_amount_is_none() {
    for response in [
        r#"{"code":"10000","out_trade_no":"01KDVDNG00CCCCCCCCCCCCCCCC","refund_status":"REFUND_SUCCESS","refund_amount":"33.00"}"#,
        r#"{"code":"10000","out_request_no":"01KDVDNG00CCCCCCCCCCCCCCCC","refund_status":"REFUND_SUCCESS","refund_amount":"33.00"}"#,
        r#"{"code":"10000","refund_status":"REFUND_SUCCESS","refund_amount":"99.00"}"#,
        r#"{"code":"10000","refund_status":"REFUND_SUCCESS"}"#,
    ] {
        let read = answered(RefundOperation::Query, response);
        assert!(matches!(read, Err(Fault::Malformed(_))), "{response}");
    }
}

#[test]
fn an_unsigned_answer_is_believed_by_nobody() {
    let body = br#"{"alipay_trade_refund_response":{"code":"10000","fund_change":"Y"}}"#;
    let read = alipay().read_refund_answer(
        RefundOperation::Request,
        &refund(),
        &paid(),
        Message::of_body(body),
        START,
    );
    assert!(!read.unwrap().is_provable());
}
