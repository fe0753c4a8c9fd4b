//! How is what core says written in JSON?

use coursepay_core::attempt::Terms;
use coursepay_core::dispute::DisputeReport;
use coursepay_core::gateway::{
    Answer, DisputeAnswer, News, Notice, Outgoing, Payment, RefundAnswer, RefundStanding, Verb,
};
use serde_json::{Value, json};

/// What goes out, and what the gateway's own rules made of the terms.
pub(crate) fn outgoing(outgoing: &Outgoing, terms: Option<&Terms>) -> Value {
    match outgoing {
        Outgoing::Browse(action) => json!({ "action": action, "terms": terms }),
        Outgoing::Send(request) => {
            let verb = match request.verb {
                Verb::Get => "GET",
                Verb::Post => "POST",
            };
            let headers: serde_json::Map<_, _> =
                request.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let request =
                json!({ "verb": verb, "url": request.url, "headers": headers, "body": request.body });
            json!({ "request": request, "terms": terms })
        }
    }
}

/// `{"payable":…}`, `{"paid":…}`, or a single word.
pub(crate) fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::Payable { action, gateway_ref } => {
            json!({ "payable": action, "gateway_ref": gateway_ref })
        }
        Answer::Refused { code } => json!({ "refused": code }),
        Answer::Ticket(ticket) => json!({ "ticket": ticket }),
        Answer::Waiting => json!("waiting"),
        Answer::Processing => json!("processing"),
        Answer::Paid(payment) => json!({ "paid": paid(payment) }),
        Answer::AlreadyOver => json!("already over"),
        Answer::Closed => json!("closed"),
        Answer::Absent => json!("absent"),
        Answer::Unclear { code } => json!({ "unclear": code }),
    }
}

/// As [`answer`].
pub(crate) fn refund_answer(answer: &RefundAnswer) -> Value {
    match answer {
        RefundAnswer::Known { gateway_no, standing: known } => {
            json!({ "refund": standing(known), "gateway_no": gateway_no })
        }
        RefundAnswer::Absent => json!("absent"),
        RefundAnswer::Unclear { code } => json!({ "unclear": code }),
    }
}

/// As [`answer`].
pub(crate) fn dispute_answer(answer: &DisputeAnswer) -> Value {
    match answer {
        DisputeAnswer::Known { payment_no, report } => dispute(payment_no, report),
        DisputeAnswer::Unclear { code } => json!({ "unclear": code }),
    }
}

/// A callback's key, number and news.
pub(crate) fn notice(notice: &Notice) -> Value {
    let news = match &notice.news {
        News::Paid(payment) => json!({ "paid": paid(payment) }),
        News::Closed => json!("closed"),
        News::Waiting => json!("waiting"),
        News::Processing => json!("processing"),
        News::Declined { code } => json!({ "declined": code }),
        News::Refund { refund_no, amount, standing: known } => json!({
            "refund": standing(known),
            "refund_no": refund_no,
            "amount_minor": amount.map(|amount| amount.minor()),
        }),
        News::Dispute { payment_no, report } => dispute(payment_no, report),
        News::Redundant => json!("redundant"),
        News::Misfit(misfit) => json!({ "misfit": misfit.to_string() }),
    };
    json!({ "key": notice.key, "merchant_no": notice.merchant_no, "news": news })
}

fn dispute(payment_no: &str, report: &DisputeReport) -> Value {
    json!({
        "dispute": report.news,
        "dispute_no": report.gateway_no,
        "payment_no": payment_no,
        "amount_minor": report.amount.minor(),
        "evidence_due_at_ms": report.evidence_due_at,
    })
}

fn paid(payment: &Payment) -> Value {
    json!({
        "merchant_no": payment.merchant_no,
        "gateway_no": payment.gateway_no,
        "amount_minor": payment.amount.minor(),
        "currency": payment.amount.currency(),
        "at_ms": payment.at,
    })
}

fn standing(standing: &RefundStanding) -> Value {
    match standing {
        RefundStanding::Done { at } => json!({ "done": at }),
        RefundStanding::Pending => json!("pending"),
        RefundStanding::Failed { code } => json!({ "failed": code }),
        RefundStanding::NeedsAttention { code } => json!({ "needs_attention": code }),
    }
}
