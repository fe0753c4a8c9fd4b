//! What may `POST /v1/checkout/sessions` say?

use super::errors::Refusal;
use super::form::Params;
use super::lines::{NewItem, take_items, total};
use super::methods::{check_names_of_methods, take_methods};
use super::session::{IntentData, TransferData};
use super::values::{Metadata, words_of};
use super::version::Version;

/// `expires_at` lies 30 minutes to 24 hours after the creation; without it, 24 hours.
const SHORTEST_S: i64 = 30 * 60;
const LONGEST_S: i64 = 24 * 60 * 60;

/// A session as asked for, checked.
#[derive(Debug)]
pub(crate) struct Creation {
    pub(crate) currency: String,
    pub(crate) total: i64,
    pub(crate) items: Vec<NewItem>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) expires_s: i64,
    pub(crate) locale: Option<String>,
    pub(crate) submit_type: Option<String>,
    pub(crate) billing_address_collection: Option<String>,
    pub(crate) customer_creation: Option<String>,
    pub(crate) allow_promotion_codes: Option<bool>,
    pub(crate) methods: Vec<String>,
    pub(crate) allowed_methods: Option<Vec<String>>,
    pub(crate) intent_data: IntentData,
}

/// What Stripe knows besides, by their names: refused, so that nobody believes it was played.
const NOT_PLAYED: &str = "after_expiration automatic_tax branding_settings consent_collection \
    custom_fields custom_text customer customer_account customer_update discounts \
    excluded_payment_method_types integration_identifier invoice_creation managed_payments \
    name_collection optional_items origin_context payment_method_configuration payment_method_data \
    permissions redirect_on_completion return_url saved_payment_method_options setup_intent_data \
    shipping_address_collection shipping_options subscription_data tax_id_collection";

/// Parameters that change nothing of what the sandbox shows.
const IGNORED: [&str; 4] =
    ["payment_method_collection", "payment_method_options", "phone_number_collection", "wallet_options"];

const LOCALES: &str = "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl \
    pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW";

impl Creation {
    /// Reads everything; `now_s` is business time.
    pub(crate) fn take(params: &mut Params, version: &Version, now_s: i64) -> Result<Self, Refusal> {
        check_mode(params, version)?;
        check_names_of_methods(params, version)?;
        params.not_played(&words_of(NOT_PLAYED))?;
        refuse_adaptive_pricing(params)?;
        params.ignore(&IGNORED);
        let items = take_items(params)?;
        let (currency, total) = total(&items, params.text("currency")?.as_deref())?;
        let (methods, allowed_methods) = take_methods(params, version, &currency)?;
        Ok(Self {
            success_url: params.address("success_url")?.ok_or_else(|| Refusal::missing("success_url"))?,
            cancel_url: params.address("cancel_url")?,
            client_reference_id: params.text_up_to("client_reference_id", 200)?,
            customer_email: params.email("customer_email")?,
            metadata: params.metadata()?,
            expires_s: take_expiry(params, now_s)?,
            locale: params.word("locale", &words_of(LOCALES))?.map(str::to_owned),
            submit_type: params.word("submit_type", &["auto", "book", "donate", "pay"])?.map(str::to_owned),
            billing_address_collection: params
                .word("billing_address_collection", &["auto", "required"])?
                .map(str::to_owned),
            customer_creation: params
                .word("customer_creation", &["always", "if_required"])?
                .map(str::to_owned),
            allow_promotion_codes: params.boolean("allow_promotion_codes")?,
            intent_data: take_intent_data(params, total)?,
            methods,
            allowed_methods,
            currency,
            total,
            items,
        })
    }
}

/// Prices in the buyer's own currency are not played: they may be switched off, not on.
fn refuse_adaptive_pricing(params: &mut Params) -> Result<(), Refusal> {
    let Some(mut pricing) = params.group("adaptive_pricing")? else { return Ok(()) };
    let enabled = pricing.boolean("enabled")?;
    pricing.finish()?;
    if enabled == Some(true) { Err(Refusal::not_played("adaptive_pricing[enabled]")) } else { Ok(()) }
}

fn check_mode(params: &mut Params, version: &Version) -> Result<(), Refusal> {
    let mode = params.word("mode", &["payment", "setup", "subscription"])?;
    if mode.ok_or_else(|| Refusal::missing("mode"))? != "payment" {
        return Err(Refusal::invalid("mode: this sandbox plays payment only").at("mode"));
    }
    let hosted = version.hosted();
    match params.text("ui_mode")? {
        Some(ui_mode) if ui_mode != hosted => {
            let message = format!("ui_mode: this sandbox plays {hosted} only, got {ui_mode:?}");
            Err(Refusal::invalid(message).at("ui_mode"))
        }
        _ => Ok(()),
    }
}

fn take_expiry(params: &mut Params, now_s: i64) -> Result<i64, Refusal> {
    let Some(expires_s) = params.integer("expires_at")? else { return Ok(now_s.saturating_add(LONGEST_S)) };
    let ahead_s = expires_s.saturating_sub(now_s);
    if (SHORTEST_S..=LONGEST_S).contains(&ahead_s) {
        return Ok(expires_s);
    }
    let message = format!("expires_at: expected 30 minutes to 24 hours from {now_s}, got {expires_s}");
    Err(Refusal::invalid(message).at("expires_at"))
}

fn take_intent_data(params: &mut Params, total: i64) -> Result<IntentData, Refusal> {
    let Some(mut data) = params.group("payment_intent_data")? else { return Ok(IntentData::default()) };
    data.not_played(&["setup_future_usage", "shipping"])?;
    if data.word("capture_method", &["automatic", "automatic_async", "manual"])? == Some("manual") {
        return Err(Refusal::not_played(&data.path_of("capture_method")));
    }
    let path = data.path_of("application_fee_amount");
    let application_fee = data.integer("application_fee_amount")?;
    if application_fee.is_some_and(|fee| !(0..=total).contains(&fee)) {
        let message = format!("{path}: expected 0 to {total}");
        return Err(Refusal::coded("parameter_invalid_integer", &path, message));
    }
    let transfer = match data.group("transfer_data")? {
        None => None,
        Some(mut transfer) => {
            let path = transfer.path_of("amount");
            let amount = transfer.integer("amount")?;
            if amount.is_some_and(|amount| !(1..=total).contains(&amount)) {
                let message = format!("{path}: expected 1 to {total}");
                return Err(Refusal::coded("parameter_invalid_integer", &path, message));
            }
            if amount.is_some() && application_fee.is_some() {
                let message = format!("{path}: not together with application_fee_amount");
                return Err(Refusal::coded("parameters_exclusive", &path, message));
            }
            let destination = transfer.required("destination")?;
            transfer.finish()?;
            Some(TransferData { destination, amount })
        }
    };
    let intent_data = IntentData {
        description: data.text_up_to("description", 1_000)?,
        metadata: data.metadata()?,
        transfer_group: data.text("transfer_group")?,
        transfer,
        application_fee,
        on_behalf_of: data.text("on_behalf_of")?,
        receipt_email: data.email("receipt_email")?,
        statement_descriptor: data.text_up_to("statement_descriptor", 22)?,
        statement_descriptor_suffix: data.text_up_to("statement_descriptor_suffix", 22)?,
    };
    data.finish()?;
    Ok(intent_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_767_225_600;
    const WHOLE: &str = "mode=payment&success_url=https://a.example/&line_items[0][quantity]=2\
        &line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=500\
        &line_items[0][price_data][product_data][name]=Course";

    fn read(more: &str) -> Result<Creation, Refusal> {
        let mut params = Params::parse(&format!("{WHOLE}{more}")).unwrap();
        let creation = Creation::take(&mut params, &Version::newest(), NOW_S)?;
        params.finish().map(|()| creation)
    }

    #[test]
    fn lines_add_up() {
        let creation = read("").unwrap();
        assert_eq!((creation.currency.as_str(), creation.total), ("usd", 1_000));
        assert_eq!(creation.expires_s, NOW_S + 24 * 60 * 60);
        assert_eq!(creation.methods, ["card", "alipay", "wechat_pay"]);
    }

    #[test]
    fn the_deadline_is_half_an_hour_to_a_day_away() {
        for (ahead_s, fits) in [(1_799, false), (1_800, true), (86_400, true), (86_401, false)] {
            assert_eq!(read(&format!("&expires_at={}", NOW_S + ahead_s)).is_ok(), fits, "{ahead_s}");
        }
    }

    #[test]
    fn the_names_of_the_methods_follow_the_version() {
        assert_eq!(read("&payment_method_types[0]=card").unwrap_err().code, Some("parameter_unknown"));
        let creation = read("&allowed_payment_method_types[0]=alipay").unwrap();
        assert_eq!(creation.methods, ["alipay"]);
        let old = Version::parse("2025-09-30.clover").unwrap();
        let text = format!("{WHOLE}&payment_method_types[0]=card");
        assert!(Creation::take(&mut Params::parse(&text).unwrap(), &old, NOW_S).is_ok());
    }

    #[test]
    fn each_mistake_names_its_parameter() {
        for (more, code) in [
            ("&line_items[0][quantity]=0", Some("parameter_invalid_integer")),
            ("&line_items[0][price_data][unit_amount]=5.00", Some("parameter_invalid_integer")),
            ("&line_items[0][price_data][unit_amount]=24", Some("amount_too_small")),
            ("&line_items[0][price_data][unit_amount]=99999999", Some("amount_too_large")),
            ("&line_items[0][price_data][currency]=xxx", None),
            ("&line_items[0][price_data][recurring][interval]=month", None),
            ("&line_items[0][price]=price_1", Some("resource_missing")),
            ("&line_items[0][extra]=1", Some("parameter_unknown")),
            ("&success_url=", Some("parameter_invalid_empty")),
            ("&success_url=nowhere", Some("url_invalid")),
            ("&customer_email=nobody", Some("email_invalid")),
            ("&locale=tlh", None),
            ("&mode=subscription", None),
            ("&payment_intent_data[application_fee_amount]=1001", Some("parameter_invalid_integer")),
            ("&payment_intent_data[transfer_data][amount]=5", Some("parameter_missing")),
            ("&what=1", Some("parameter_unknown")),
        ] {
            assert_eq!(read(more).err().map(|refusal| refusal.code), Some(code), "{more}");
        }
    }
}
