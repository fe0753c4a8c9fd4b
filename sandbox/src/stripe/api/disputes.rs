//! Disputes: retrieve, list, answer with evidence, give in.

use serde_json::Value;

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::dispute::{Dispute, DisputeStage, EVIDENCE};
use crate::stripe::errors::Refusal;
use crate::stripe::form::Params;
use crate::stripe::page::{Page, list};

const WHAT: &str = "dispute";

impl Stripe {
    fn dispute_of(&self, id: &str, call: &Call) -> Result<&Dispute, Refusal> {
        let own = self.disputes.get(id).filter(|dispute| dispute.account == call.account);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/disputes/{id}`
    pub(crate) fn show_dispute(
        &self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        let now_s = desk.now.business_ms.div_euclid(1_000);
        Ok(self.dispute_json(self.dispute_of(id, call)?, now_s))
    }

    /// `GET /v1/disputes`
    pub(crate) fn list_disputes(
        &self,
        mut params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
        params.finish()?;
        check_cursor(&page, WHAT, |id| self.dispute_of(id, call).is_ok())?;
        let now_s = desk.now.business_ms.div_euclid(1_000);
        let (found, has_more) = page.cut(self.disputes.iter().filter(|(_, dispute)| {
            dispute.account == call.account
                && (intent.is_none() || dispute.intent == intent)
                && charge.as_ref().is_none_or(|charge| dispute.charge == *charge)
        }));
        let data = found.into_iter().map(|dispute| self.dispute_json(dispute, now_s)).collect();
        Ok(list("/v1/disputes", data, has_more))
    }

    /// `POST /v1/disputes/{id}`: evidence; `submit=false` only stages it.
    pub(crate) fn update_dispute(
        &mut self,
        id: &str,
        mut params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        let change = params.metadata_change()?;
        let submit = params.boolean("submit")?.unwrap_or(true);
        params.not_played(&["intended_submission_method"])?;
        let mut evidence = Vec::new();
        if let Some(mut group) = params.group("evidence")? {
            group.not_played(&["appeal", "enhanced_evidence"])?;
            for name in EVIDENCE {
                evidence.extend(group.clearable(name)?.map(|text| (name, text)));
            }
            group.finish()?;
        }
        params.finish()?;
        let stage = self.dispute_of(id, call)?.stage;
        if stage.is_over() && !evidence.is_empty() {
            let message = format!("this dispute is {}: evidence comes too late", stage.name());
            return Err(Refusal::state(None, message).at("evidence"));
        }
        let given = !evidence.is_empty();
        let dispute = self.disputes.get_mut(id).ok_or_else(|| Refusal::not_found(WHAT, id))?;
        change.apply(&mut dispute.metadata)?;
        for (name, text) in evidence {
            match text {
                Some(text) => dispute.evidence.insert(name.to_owned(), text),
                None => dispute.evidence.remove(name),
            };
        }
        if given && submit {
            dispute.stage = DisputeStage::UnderReview;
            dispute.submissions = dispute.submissions.saturating_add(1);
        }
        let before = serde_json::json!({ "status": stage.name() });
        self.tell_of_dispute(id, "charge.dispute.updated", Some(before), &call.cause, desk);
        self.show_dispute(id, Params::default(), call, desk)
    }

    /// `POST /v1/disputes/{id}/close`: the merchant gives in.
    pub(crate) fn close_dispute(
        &mut self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &mut Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        let stage = self.dispute_of(id, call)?.stage;
        if stage.is_over() {
            return Err(Refusal::state(None, format!("this dispute is {} already", stage.name())));
        }
        self.decide_dispute(id, DisputeStage::Lost, &call.cause, desk);
        self.show_dispute(id, Params::default(), call, desk)
    }
}
