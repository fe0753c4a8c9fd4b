//! How is money sent back, and how does the merchant learn what became of it?

use serde_json::{Map, Value};

use super::answer::{Answer, SigningKey};
use super::callback::{Event, Subject, draft};
use super::errors::Refusal;
use super::fields::Fields;
use super::order::Order;
use super::refund::{
    Ending, MOST_REFUNDS, REFUNDABLE_FOR_MS, Refund, RefundContents, RefundLife, read_refund,
};
use super::seal::open_oaep;
use super::{WechatPay, scope};
use crate::desk::Desk;
use crate::faults::{Operation, RefundFault};
use crate::merchant::Merchant;

impl WechatPay {
    /// `POST /v3/refund/domestic/refunds`.
    pub(super) fn refund(
        &mut self,
        body: &Map<String, Value>,
        merchant: &Merchant,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let request = read_refund(body)?;
        let mchid = &merchant.wechat_pay.mchid;
        let order = match (&request.transaction_id, &request.out_trade_no) {
            (Some(id), number) => self
                .orders
                .by_transaction(mchid, id)
                .filter(|order| number.as_ref().is_none_or(|number| *number == order.out_trade_no)),
            (None, Some(number)) => self.orders.by_number(mchid, number),
            (None, None) => None,
        };
        let order = order.filter(|order| order.paid().is_some()).cloned();
        let mut order = order.ok_or_else(|| Refusal::ResourceNotExists("no such paid order".to_owned()))?;

        if let Some(known) = self.orders.by_refund(mchid, &request.out_refund_no) {
            let same = known.token() == order.token();
            let refund = known.refunds.iter().find(|refund| refund.out_refund_no == request.out_refund_no);
            return match refund.filter(|refund| same && refund.contents == request.contents) {
                Some(refund) => Ok(Answer::Json(answer_of(known, refund))),
                None => Err(Refusal::OtherParameters("out_refund_no")),
            };
        }
        let now_ms = desk.now.business_ms;
        check_refundable(&order, &request.contents, now_ms)?;
        if self.balance_fen(mchid) < request.contents.refund_fen {
            return Err(Refusal::NotEnough);
        }
        let befalls =
            desk.faults.refund(scope(merchant, &order.out_trade_no, Operation::Refund), desk.random);
        let (settles_at_ms, then) = match befalls {
            None => (now_ms, Ending::Success),
            Some(RefundFault::Pending { for_ms }) => (now_ms.saturating_add(for_ms), Ending::Success),
            Some(RefundFault::Abnormal) => (now_ms, Ending::Abnormal),
            Some(RefundFault::FailedLate { after_ms }) => (now_ms.saturating_add(after_ms), Ending::Closed),
        };
        let refund = Refund::accepted(
            request.out_refund_no,
            request.contents,
            now_ms,
            settles_at_ms,
            then,
            desk.random,
        );
        let answer = answer_of(&order, &refund);
        order.refunds.push(refund);
        self.orders.put(order);
        Ok(Answer::Json(answer))
    }

    /// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
    pub(super) fn refund_query(&self, number: &str, merchant: &Merchant) -> Result<Answer, Refusal> {
        let unknown = || Refusal::ResourceNotExists("no such refund".to_owned());
        let order = self.orders.by_refund(&merchant.wechat_pay.mchid, number).ok_or_else(unknown)?;
        let refund = order.refunds.iter().find(|refund| refund.out_refund_no == number);
        Ok(Answer::Json(answer_of(order, refund.ok_or_else(unknown)?)))
    }

    /// `POST …/{refund_id}/apply-abnormal-refund`: the merchant names another way for the money.
    pub(super) fn abnormal_refund(
        &mut self,
        refund_id: &str,
        body: &Map<String, Value>,
        named: Option<SigningKey>,
        merchant: &Merchant,
        desk: &Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let fields =
            Fields::whole(body, &["out_refund_no", "type", "bank_type", "bank_account", "real_name"])?;
        let number = fields.text("out_refund_no", 64)?;
        let way = fields.text("type", 32)?;
        if !["USER_BANK_CARD", "MERCHANT_BANK_CARD"].contains(&way.as_str()) {
            return Err(Refusal::body("/type", "must be USER_BANK_CARD or MERCHANT_BANK_CARD"));
        }
        if way == "USER_BANK_CARD" {
            for name in ["bank_account", "real_name"] {
                let key = named.ok_or(Refusal::Header("Wechatpay-Serial"))?;
                open_oaep(key.pair(&merchant.wechat_pay).1, &fields.text(name, 1024)?)
                    .ok_or(Refusal::NotDecryptable(name))?;
            }
        }
        let unknown = || Refusal::ResourceNotExists("no such refund".to_owned());
        let order = self.orders.by_refund_id(&merchant.wechat_pay.mchid, refund_id);
        let mut order = order.cloned().ok_or_else(unknown)?;
        let refund = order
            .refunds
            .iter_mut()
            .find(|refund| refund.refund_id == refund_id && refund.out_refund_no == number)
            .ok_or_else(unknown)?;
        if !matches!(refund.life, RefundLife::Abnormal { .. }) {
            return Err(Refusal::InvalidRequest(format!(
                "expected a refund in ABNORMAL, it is in {}",
                refund.life.status()
            )));
        }
        refund.life = RefundLife::Processing { settles_at_ms: desk.now.business_ms, then: Ending::Success };
        let refund = refund.clone();
        let answer = answer_of(&order, &refund);
        self.orders.put(order);
        Ok(Answer::Json(answer))
    }

    /// Tells the merchant how a refund ended, if it wants to know.
    pub(super) fn tell_refund(&self, order: &Order, refund: &Refund, desk: &mut Desk<'_>) {
        let event = match refund.life {
            RefundLife::Success { .. } => Event::RefundSuccess,
            RefundLife::Abnormal { .. } => Event::RefundAbnormal,
            RefundLife::Closed { .. } => Event::RefundClosed,
            RefundLife::Processing { .. } => return,
        };
        let Some(merchant) = self.merchant(&order.mchid) else { return };
        let Some(url) = &refund.contents.notify_url else { return };
        let transaction_id = order.paid().map(|paid| paid.transaction_id.as_str()).unwrap_or_default();
        let resource = refund.resource(&order.mchid, transaction_id, &order.out_trade_no);
        let number = &order.out_trade_no;
        let subject = Subject { merchant, token: order.token(), number, url };
        let draft = draft(event, &subject, resource, desk.now.business_ms, desk.random);
        desk.send(draft, scope(merchant, number, Operation::Other));
    }
}

fn answer_of(order: &Order, refund: &Refund) -> Value {
    let transaction_id = order.paid().map(|paid| paid.transaction_id.as_str()).unwrap_or_default();
    refund.answer(transaction_id, &order.out_trade_no)
}

fn check_refundable(order: &Order, contents: &RefundContents, now_ms: i64) -> Result<(), Refusal> {
    let refuse = |why: &str| Err(Refusal::InvalidRequest(why.to_owned()));
    if contents.total_fen != order.contents.total_fen {
        return refuse("订单金额不一致: amount.total is not the amount of the order");
    }
    let refunded_fen = order.refunded_fen().saturating_add(contents.refund_fen);
    if refunded_fen > order.contents.total_fen {
        return refuse("申请退款金额大于订单可退金额: more than is left of the payment");
    }
    if order.refunds.len() >= MOST_REFUNDS {
        return refuse("一笔订单最多退款50次: a payment has at most 50 refunds");
    }
    let paid_at_ms = order.paid().map_or(0, |paid| paid.at_ms);
    if now_ms > paid_at_ms.saturating_add(REFUNDABLE_FOR_MS) {
        return refuse("订单已超过可退款的最长期限: a payment can be refunded for one year");
    }
    Ok(())
}
