//! How does a merchant send money to somebody, and take it back before it is confirmed?

use serde_json::{Map, Value};

use super::answer::{Answer, SigningKey};
use super::callback::{Event, Subject, draft};
use super::errors::Refusal;
use super::people::Person;
use super::seal::open_oaep;
use super::transfer::{Transfer, TransferLife, TransferRequest, read_transfer};
use super::{WechatPay, scope};
use crate::clock::shanghai_format;
use crate::desk::Desk;
use crate::faults::Operation;
use crate::merchant::Merchant;
use crate::random::Random;

impl WechatPay {
    /// `POST /v3/fund-app/mch-transfer/transfer-bills`. `named` is the key that the request names: the one
    /// its encrypted fields are for.
    pub(super) fn transfer(
        &mut self,
        body: &Map<String, Value>,
        named: Option<SigningKey>,
        merchant: &Merchant,
        desk: &mut Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let account = &merchant.wechat_pay;
        let request = read_transfer(body, |sealed| {
            let key = named.ok_or(Refusal::Header("Wechatpay-Serial"))?;
            open_oaep(key.pair(account).1, sealed).ok_or(Refusal::NotDecryptable("user_name"))
        })?;
        if request.contents.appid != account.appid {
            return Err(Refusal::AppMismatch);
        }
        if Person::behind(&request.contents.openid, &account.appid).is_none() {
            return Err(Refusal::OpenidMismatch);
        }
        if let Some(known) = self.transfers.by_number(&account.mchid, &request.out_bill_no) {
            return match known.contents == request.contents {
                true => Ok(Answer::Json(known.created_answer())),
                false => Err(Refusal::OtherParameters("out_bill_no")),
            };
        }
        if self.balance_fen(&account.mchid) < request.contents.fen {
            return Err(Refusal::NotEnough);
        }
        let transfer = new_transfer(request, &account.mchid, desk.now.business_ms, desk.random);
        let answer = transfer.created_answer();
        self.transfers.put(transfer);
        Ok(Answer::Json(answer))
    }

    /// `POST …/{out_bill_no}/cancel`. Again is fine.
    pub(super) fn transfer_cancel(
        &mut self,
        number: &str,
        merchant: &Merchant,
        desk: &Desk<'_>,
    ) -> Result<Answer, Refusal> {
        let mut transfer = found(self.transfers.by_number(&merchant.wechat_pay.mchid, number))?.clone();
        match transfer.life {
            TransferLife::WaitUserConfirm => transfer.set(TransferLife::Canceling, desk.now.business_ms),
            TransferLife::Canceling | TransferLife::Cancelled => {}
            TransferLife::Success | TransferLife::Fail { .. } => {
                return Err(Refusal::InvalidRequest(format!(
                    "expected a transfer in WAIT_USER_CONFIRM, it is in {}",
                    transfer.life.state()
                )));
            }
        }
        let answer = transfer.cancel_answer();
        self.transfers.put(transfer);
        Ok(Answer::Json(answer))
    }

    /// Tells the merchant how a transfer ended, if it wants to know.
    pub(super) fn tell_transfer(&self, transfer: &Transfer, desk: &mut Desk<'_>) {
        let Some(merchant) = self.merchant(&transfer.mchid) else { return };
        let Some(url) = &transfer.contents.notify_url else { return };
        let number = &transfer.out_bill_no;
        let subject = Subject { merchant, token: &transfer.token, number, url };
        let draft =
            draft(Event::TransferFinished, &subject, transfer.resource(), desk.now.business_ms, desk.random);
        desk.send(draft, scope(merchant, number, Operation::Other));
    }
}

/// The object of a query.
pub(super) fn transfer_answer(transfer: Option<&Transfer>) -> Result<Answer, Refusal> {
    Ok(Answer::Json(found(transfer)?.answer()))
}

fn found(transfer: Option<&Transfer>) -> Result<&Transfer, Refusal> {
    transfer.ok_or_else(|| Refusal::ResourceNotExists("no such transfer".to_owned()))
}

fn new_transfer(request: TransferRequest, mchid: &str, now_ms: i64, random: &mut Random) -> Transfer {
    Transfer {
        token: random.token(),
        mchid: mchid.to_owned(),
        out_bill_no: request.out_bill_no,
        transfer_bill_no: format!("13300{}{}", shanghai_format(now_ms, "%Y%m%d"), random.digits(18)),
        package_info: random.alphanumeric(64),
        contents: request.contents,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
        left_at_ms: None,
        life: TransferLife::WaitUserConfirm,
    }
}
