//! How is a transfer made and looked up?

use super::Alipay;
use super::answer::Fields;
use super::errors::Fault;
use super::request::VerifiedRequest;
use super::transfer::{Named, Transfer, TransferOrder, read_name};
use crate::desk::Desk;

impl Alipay {
    /// The same number with the same contents is the same transfer.
    pub(super) fn transfer(
        &mut self,
        request: &VerifiedRequest<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<Fields, Fault> {
        let seller_id = &request.merchant.alipay.seller_id;
        let order = TransferOrder::read(&request.biz_content)?;
        if let Some(known) = self.transfer_named(seller_id, &order.out_biz_no) {
            return if known.order == order { Ok(known.made()) } else { Err(Fault::OtherTransfer) };
        }
        if order.fen > self.balance_fen(seller_id) {
            return Err(Fault::PayerBalance);
        }
        let transfer = Transfer::make(order, seller_id, desk.now.business_ms, desk.random);
        let fields = transfer.made();
        self.keep_transfer(transfer);
        Ok(fields)
    }

    pub(super) fn transfer_query(&self, request: &VerifiedRequest<'_>) -> Result<Fields, Fault> {
        let seller_id = &request.merchant.alipay.seller_id;
        let found = match read_name(&request.biz_content)? {
            Named::Number(number) => self.transfer_named(seller_id, &number),
            Named::OrderId(id) => self.transfers.get(&id),
            Named::PayFundOrderId(id) => {
                let mut transfers = self.transfers.iter().map(|(_, transfer)| transfer);
                transfers.find(|transfer| transfer.pay_fund_order_id == id)
            }
        };
        let own = found.filter(|transfer| transfer.seller_id == *seller_id);
        own.map(Transfer::found).ok_or(Fault::NoSuchTransfer)
    }

    fn transfer_named(&self, seller_id: &str, number: &str) -> Option<&Transfer> {
        let order_id = self.transfer_by_number.get(&(seller_id.to_owned(), number.to_owned()))?;
        self.transfers.get(order_id)
    }
}
