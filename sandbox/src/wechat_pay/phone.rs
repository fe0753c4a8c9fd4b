//! What does the person with the phone see and do? (pays an order, takes a transfer)

use super::callback::{Event, Subject, draft};
use super::creation::Channel;
use super::order::{Code, Life, Order};
use super::people::{Person, usual_buyer};
use super::refund::{Refund, RefundLife};
use super::transfer::{Transfer, TransferLife};
use super::{WechatPay, scope};
use crate::Gateway;
use crate::cashier::{self, Button, NotPayable, Outcome, PaymentView, RefundView};
use crate::desk::{Desk, Moment};
use crate::faults::{Fault, Operation};
use crate::price::Price;

impl Channel {
    fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::H5 => "h5",
            Self::Jsapi => "jsapi",
        }
    }
}

impl WechatPay {
    pub(super) fn view_of_code(&self, token: &str, now: Moment) -> Option<PaymentView> {
        match self.orders.by_code(token) {
            Some(order) => self.order_view(order, token, now.business_ms),
            None => self.transfer_view(self.transfers.get(token)?),
        }
    }

    pub(super) fn open_code(&mut self, token: &str, desk: &mut Desk<'_>) -> Option<PaymentView> {
        let now_ms = desk.now.business_ms;
        if let Some(order) = self.orders.by_code(token) {
            let mut order = order.clone();
            if order.open(token, now_ms) {
                self.orders.put(order);
            }
        }
        self.view_of_code(token, desk.now)
    }

    /// The buyer goes away; a page that waits for the payment learns of it.
    pub(crate) fn leave(&mut self, token: &str, desk: &mut Desk<'_>) {
        let now_ms = desk.now.business_ms;
        if let Some(mut order) = self.orders.by_code(token).cloned() {
            order.left_at_ms = Some(now_ms);
            self.orders.put(order);
        } else if let Some(mut transfer) = self.transfers.get(token).cloned() {
            transfer.left_at_ms = Some(now_ms);
            self.transfers.put(transfer);
        }
    }

    /// H5 only: `&redirect_url=` was appended to the link.
    pub(crate) fn send_back(&mut self, token: &str, address: &str) {
        let order = self.orders.by_code(token).filter(|order| order.contents.channel == Channel::H5);
        let Some(mut order) = order.cloned() else { return };
        let is_web =
            address.parse::<http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        if is_web && order.redirect_url.as_deref() != Some(address) {
            order.redirect_url = Some(address.to_owned());
            self.orders.put(order);
        }
    }

    pub(super) fn press_button(
        &mut self,
        token: &str,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Option<Result<PaymentView, NotPayable>> {
        let pressed = match self.orders.by_code(token).cloned() {
            Some(order) => self.press_on_order(order, token, button, desk),
            None => self.press_on_transfer(self.transfers.get(token)?.clone(), button, desk),
        };
        let view = self.view_of_code(token, desk.now)?;
        Some(pressed.map(|()| view))
    }

    fn press_on_order(
        &mut self,
        mut order: Order,
        token: &str,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Result<(), NotPayable> {
        let now_ms = desk.now.business_ms;
        order.open(token, now_ms);
        match button {
            Button::Approve => self.payable(&order, token, desk)?,
            Button::Decline => {
                payable_without_fault(&order, token, now_ms)?;
                order.declined_at_ms = Some(now_ms);
            }
            Button::Leave | Button::ApproveLater | Button::Settle | Button::Fail => {
                return Err(NotPayable::NotOffered);
            }
        }
        if button == Button::Approve {
            let appid = &order.contents.appid;
            let openid = order.contents.openid.clone().unwrap_or_else(|| usual_buyer(appid));
            order.pay(openid, now_ms, desk.random);
            self.tell_payment(&order, desk);
        }
        self.orders.put(order);
        Ok(())
    }

    /// Whether the buyer can pay now. The fault of a payment after the close lets a closed one pass.
    fn payable(&self, order: &Order, token: &str, desk: &mut Desk<'_>) -> Result<(), NotPayable> {
        let payable = payable_without_fault(order, token, desk.now.business_ms);
        if payable == Err(NotPayable::Closed)
            && let Some(merchant) = self.merchant(&order.mchid)
            && desk
                .strikes(Fault::PayAfterClose, scope(merchant, &order.out_trade_no, Operation::Other))
                .is_some()
        {
            return Ok(());
        }
        payable
    }

    fn tell_payment(&self, order: &Order, desk: &mut Desk<'_>) {
        let Some(merchant) = self.merchant(&order.mchid) else { return };
        let (number, url) = (&order.out_trade_no, &order.contents.notify_url);
        let subject = Subject { merchant, token: order.token(), number, url };
        let draft = draft(Event::Paid, &subject, order.resource(), desk.now.business_ms, desk.random);
        desk.send(draft, scope(merchant, number, Operation::Other));
    }

    /// The receiver confirms. Somebody of another name than the merchant gave gets nothing.
    fn press_on_transfer(
        &mut self,
        mut transfer: Transfer,
        button: Button,
        desk: &mut Desk<'_>,
    ) -> Result<(), NotPayable> {
        let now_ms = desk.now.business_ms;
        match transfer.life {
            TransferLife::WaitUserConfirm => {}
            TransferLife::Success => return Err(NotPayable::AlreadyPaid),
            TransferLife::Fail { .. } => return Err(NotPayable::Expired),
            TransferLife::Canceling | TransferLife::Cancelled => return Err(NotPayable::Closed),
        }
        match button {
            Button::Approve => {}
            Button::Decline => return Ok(()),
            Button::Leave | Button::ApproveLater | Button::Settle | Button::Fail => {
                return Err(NotPayable::NotOffered);
            }
        }
        let receiver = Person::behind(&transfer.contents.openid, &transfer.contents.appid);
        let named = transfer.contents.user_name.as_deref();
        let fits = named.is_none_or(|name| receiver.is_some_and(|person| person.real_name == name));
        let life = if fits {
            TransferLife::Success
        } else {
            TransferLife::Fail { reason: "NAME_NOT_CORRECT".to_owned() }
        };
        transfer.set(life, now_ms);
        self.tell_transfer(&transfer, desk);
        self.transfers.put(transfer);
        Ok(())
    }

    /// All payments and transfers, each by the newest way into it.
    pub(super) fn all_views(&self, now: Moment) -> Vec<PaymentView> {
        let orders = self
            .orders
            .iter()
            .filter_map(|order| self.order_view(order, &order.newest_code()?.token, now.business_ms));
        orders.chain(self.transfers.iter().filter_map(|transfer| self.transfer_view(transfer))).collect()
    }

    fn order_view(&self, order: &Order, token: &str, now_ms: i64) -> Option<PaymentView> {
        let merchant = self.merchant(&order.mchid)?;
        let declined = order.declined_at_ms.is_some();
        let outcome = match &order.life {
            Life::Success(_) => Outcome::Paid,
            Life::Closed { at_ms } if *at_ms < order.closes_at_ms() => Outcome::Closed,
            Life::NotPay if order.is_open(token, now_ms) => Outcome::Waiting { declined },
            Life::NotPay | Life::Closed { .. } => Outcome::Expired,
        };
        let code = order.codes.iter().find(|code| code.token == token)?;
        let userpaying_ms = self.settings_of(&order.mchid).userpaying_ms();
        Some(PaymentView {
            gateway: Gateway::WechatPay,
            merchant: merchant.id.clone(),
            merchant_name: merchant.name.clone(),
            // The same for all its codes: by it callbacks are found again.
            token: order.token().to_owned(),
            page: format!("{}{token}", cashier::PATH),
            channel: order.contents.channel.name().to_owned(),
            subject: order.contents.description.clone(),
            price: Price::cny(order.contents.total_fen),
            status: order.trade_state(now_ms, userpaying_ms).to_owned(),
            outcome,
            number: order.out_trade_no.clone(),
            gateway_number: order.paid().map(|paid| paid.transaction_id.clone()),
            requested_at_ms: order.created_at_ms,
            expires_at_ms: order.pays_until_ms(code),
            paid_at_ms: order.paid().map(|paid| paid.at_ms),
            return_url: order.redirect_url.clone().filter(|_| outcome == Outcome::Paid),
            quit_url: order.redirect_url.clone(),
            buttons: buttons(outcome),
            refunds: order.refunds.iter().map(refund_view).collect(),
        })
    }

    fn transfer_view(&self, transfer: &Transfer) -> Option<PaymentView> {
        let merchant = self.merchant(&transfer.mchid)?;
        let outcome = match transfer.life {
            TransferLife::WaitUserConfirm => Outcome::Waiting { declined: false },
            TransferLife::Success => Outcome::Paid,
            TransferLife::Fail { .. } => Outcome::Failed,
            TransferLife::Canceling | TransferLife::Cancelled => Outcome::Closed,
        };
        Some(PaymentView {
            gateway: Gateway::WechatPay,
            merchant: merchant.id.clone(),
            merchant_name: merchant.name.clone(),
            token: transfer.token.clone(),
            page: format!("{}{}", cashier::PATH, transfer.token),
            channel: "transfer".to_owned(),
            subject: transfer.contents.remark.clone(),
            price: Price::cny(transfer.contents.fen),
            status: transfer.life.state().to_owned(),
            outcome,
            number: transfer.out_bill_no.clone(),
            gateway_number: Some(transfer.transfer_bill_no.clone()),
            requested_at_ms: transfer.created_at_ms,
            expires_at_ms: transfer.expires_at_ms(),
            paid_at_ms: (transfer.life == TransferLife::Success).then_some(transfer.updated_at_ms),
            return_url: None,
            quit_url: None,
            buttons: buttons(outcome),
            refunds: Vec::new(),
        })
    }
}

impl Order {
    /// The buyer opens a code. Whether something changed.
    fn open(&mut self, token: &str, now_ms: i64) -> bool {
        let opens = self.life == Life::NotPay && self.is_open(token, now_ms);
        let code = self.codes.iter_mut().find(|code| code.token == token && code.opened_at_ms.is_none());
        match code.filter(|_| opens) {
            Some(code) => {
                code.opened_at_ms = Some(now_ms);
                true
            }
            None => false,
        }
    }

    /// Whether this code still leads to a cashier that can take money.
    fn is_open(&self, token: &str, now_ms: i64) -> bool {
        let code = self.codes.iter().find(|code| code.token == token);
        code.is_some_and(|code| now_ms < self.pays_until_ms(code))
    }

    /// Until when this code can be paid by: its own end if nobody has opened it, else the deadline.
    fn pays_until_ms(&self, code: &Code) -> i64 {
        match code.opened_at_ms {
            Some(_) => self.expires_at_ms,
            None => self.expires_at_ms.min(code.valid_until_ms),
        }
    }
}

fn payable_without_fault(order: &Order, token: &str, now_ms: i64) -> Result<(), NotPayable> {
    match &order.life {
        Life::Success(_) => Err(NotPayable::AlreadyPaid),
        Life::Closed { .. } => Err(NotPayable::Closed),
        Life::NotPay if order.is_open(token, now_ms) => Ok(()),
        Life::NotPay => Err(NotPayable::Expired),
    }
}

fn buttons(outcome: Outcome) -> Vec<Button> {
    match outcome {
        Outcome::Waiting { .. } => vec![Button::Approve, Button::Decline],
        _ => Vec::new(),
    }
}

fn refund_view(refund: &Refund) -> RefundView {
    RefundView {
        number: refund.out_refund_no.clone(),
        gateway_number: Some(refund.refund_id.clone()),
        price: Price::cny(refund.contents.refund_fen),
        status: refund.life.status().to_owned(),
        reason: refund.contents.reason.clone(),
        requested_at_ms: refund.created_at_ms,
        done_at_ms: match refund.life {
            RefundLife::Success { at_ms } | RefundLife::Closed { at_ms } => Some(at_ms),
            RefundLife::Processing { .. } | RefundLife::Abnormal { .. } => None,
        },
    }
}
