//! How do WeChat Pay's certificates reach us?
//!
//! A job asks for the list, opens each certificate with the keys we share with WeChat, and then demands that a
//! trusted key signed the answer. The very first answer can only be signed by a certificate that is in it: that
//! it opened under the APIv3 key, which nobody else has, is what makes it trusted. Nothing is stored of an
//! answer that is not proved so; the next try follows soon.

use coursepay_core::gateway::wechat_pay::{PlatformCertificate, SealedCertificate};
use coursepay_core::gateway::{Claim, Fault, Message, Outgoing, VerifyError};
use coursepay_core::method::GatewayId;
use coursepay_core::time::Timestamp;

use crate::app::App;
use crate::app::config::{GatewayParty, VerifyingKey};
use crate::app::error::{ApiError, Code};
use crate::app::gateways::{self, learned, made_by};
use crate::app::ports::{Crypto, World};
use crate::app::telemetry;

/// Fetches the list and keeps what it says.
///
/// # Errors
/// 503 when WeChat Pay is off, does not answer, or gives an answer that is not proved, and when the database
/// does not answer.
pub(in crate::app) async fn fetch<W: World>(app: &App<'_, W>) -> Result<(), ApiError> {
    let party = gateways::party(app, GatewayId::WechatPay)?;
    let Some(source) = &party.certificates else { return Ok(()) };
    let unsigned = source.prepare_certificates(&gateways::moment(app)).map_err(unclear)?;
    let Outgoing::Send(request) = gateways::sign(app, party, unsigned).await.map_err(failed)? else {
        return Err(failed("the question is not for us to send"));
    };
    let (status, headers, body) = gateways::send(app, party.bearer(), request).await.map_err(failed)?;
    let message = Message { status, headers: &headers, body: &body };
    let answer = source.read_certificates(message, app.world.now()).map_err(unclear)?;

    let certificates = open_all(app, party, &answer.sealed).await;
    if certificates.is_empty() && !answer.sealed.is_empty() {
        return Err(failed("no certificate of the list can be opened"));
    }
    let fresh = valid_keys(&certificates, app.world.now());
    let proved = answer
        .proof
        .verify(async |claim: &Claim| {
            Ok::<_, ApiError>(made_by(app, &fresh, claim).await? || gateways::holds(app, party, claim).await?)
        })
        .await;
    match proved {
        Ok(_) => {}
        Err(VerifyError::BadSignature) => return Err(failed("no trusted key signed the list")),
        Err(VerifyError::Check(error)) => return Err(error),
    }
    let listed: Vec<&str> = answer.sealed.iter().map(|sealed| sealed.serial_no.as_str()).collect();
    learned::keep(app, &source.mchid, &listed, &certificates).await?;
    telemetry::note(app, "certificates_fetched", GatewayId::WechatPay.name(), &listed.join(" "));
    Ok(())
}

/// The certificates that open under one of the shared keys. One that does not is left out, as if it were of a
/// kind that we do not know: the others are needed all the same.
async fn open_all<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    sealed: &[SealedCertificate],
) -> Vec<PlatformCertificate> {
    let mut certificates = Vec::new();
    for one in sealed {
        match open(app, party, one).await {
            Ok(certificate) => certificates.push(certificate),
            Err(why) => telemetry::note(app, "certificate_unreadable", &one.serial_no, &why),
        }
    }
    certificates
}

async fn open<W: World>(
    app: &App<'_, W>,
    party: &GatewayParty,
    sealed: &SealedCertificate,
) -> Result<PlatformCertificate, String> {
    for key in &party.opening {
        let opened = app.world.crypto().open(key, &sealed.nonce, &sealed.aad, &sealed.ciphertext).await;
        if let Ok(plain) = opened {
            return sealed.read(&plain).map_err(|fault| fault.to_string());
        }
    }
    Err("no key of WECHAT_PAY_API_V3_KEYS opens it".to_owned())
}

/// The keys that may sign now.
fn valid_keys(certificates: &[PlatformCertificate], now: Timestamp) -> Vec<VerifyingKey> {
    certificates
        .iter()
        .filter(|one| one.valid_from <= now && now < one.valid_until)
        .map(|one| VerifyingKey::new(Some(&one.serial_no), one.public_key.clone()))
        .collect()
}

fn unclear(fault: Fault) -> ApiError {
    failed(fault.to_string())
}

fn failed(cause: impl Into<String>) -> ApiError {
    ApiError { cause: Some(cause.into()), ..ApiError::plain(Code::GatewayUnavailable) }
}
