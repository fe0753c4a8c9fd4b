//! What does a gateway say of a dispute?

use coursepay_core::dispute::DisputeReport;
use coursepay_core::gateway::{DisputeAnswer, Message, Outgoing};

use crate::app::App;
use crate::app::config::GatewayParty;
use crate::app::gateways::transport::{exchange, proved};
use crate::app::ports::World;
use crate::app::telemetry;

/// What came of asking a gateway about a dispute.
pub(in crate::app) enum DisputeSaid {
    /// What it says of it.
    Report {
        /// Its number of the payment that is disputed.
        payment_no: String,
        /// Where it stands.
        report: DisputeReport,
    },
    /// No answer, or one that says nothing.
    Unclear,
}

/// Asks the gateway where the dispute stands that it calls `gateway_no`.
pub(in crate::app) async fn ask_about_dispute<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    gateway_no: &str,
) -> DisputeSaid {
    let why = match try_ask(app, party, gateway_no).await {
        Ok(DisputeAnswer::Known { payment_no, report }) => return DisputeSaid::Report { payment_no, report },
        Ok(DisputeAnswer::Unclear { code }) => code,
        Err(why) => why,
    };
    telemetry::note(app, "gateway_answer_unclear", gateway_no, &why);
    DisputeSaid::Unclear
}

async fn try_ask<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    gateway_no: &str,
) -> Result<DisputeAnswer, String> {
    let prepared = party.protocol.prepare_dispute_query(gateway_no).map_err(|fault| fault.to_string())?;
    let Outgoing::Send(request) = proved(app, party, prepared).await? else {
        return Err("a dispute is asked about, not browsed to".to_owned());
    };
    let read = |message: Message<'_>| party.protocol.read_dispute_answer(gateway_no, message);
    exchange(app, party, request, read).await
}
