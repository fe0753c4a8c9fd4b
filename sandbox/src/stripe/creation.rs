//! What may `POST /v1/checkout/sessions` say?

use super::currency::{check_charge, check_price, read_currency};
use super::errors::Refusal;
use super::form::Params;
use super::session::{IntentData, TransferData};
use super::values::Metadata;
use super::version::Version;

/// `expires_at` lies 30 minutes to 24 hours after the creation; without it, 24 hours.
const SHORTEST_S: i64 = 30 * 60;
const LONGEST_S: i64 = 24 * 60 * 60;

const MOST_ITEMS: usize = 100;
const LARGEST_QUANTITY: i64 = 999_999;

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

#[derive(Debug)]
pub(crate) struct NewItem {
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) product: Option<String>,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    pub(crate) amount: i64,
    pub(crate) tax_behavior: Option<String>,
    pub(crate) metadata: Metadata,
}

/// What Stripe knows besides: refused by name, so that nobody believes it was played.
const NOT_PLAYED: [&str; 29] = [
    "adaptive_pricing",
    "after_expiration",
    "automatic_tax",
    "branding_settings",
    "consent_collection",
    "custom_fields",
    "custom_text",
    "customer",
    "customer_account",
    "customer_update",
    "discounts",
    "excluded_payment_method_types",
    "integration_identifier",
    "invoice_creation",
    "managed_payments",
    "name_collection",
    "optional_items",
    "origin_context",
    "payment_method_configuration",
    "payment_method_data",
    "permissions",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
    "setup_intent_data",
    "shipping_address_collection",
    "shipping_options",
    "subscription_data",
    "tax_id_collection",
];

/// Parameters that change nothing of what the sandbox shows.
const IGNORED: [&str; 4] =
    ["payment_method_collection", "payment_method_options", "phone_number_collection", "wallet_options"];

const LOCALES: [&str; 41] = [
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru",
    "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];

const METHODS: [&str; 59] = [
    "acss_debit",
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "alma",
    "amazon_pay",
    "au_becs_debit",
    "bacs_debit",
    "bancontact",
    "billie",
    "bizum",
    "blik",
    "boleto",
    "card",
    "cashapp",
    "crypto",
    "customer_balance",
    "eps",
    "fpx",
    "giropay",
    "grabpay",
    "ideal",
    "kakao_pay",
    "klarna",
    "konbini",
    "kr_card",
    "link",
    "mb_way",
    "mobilepay",
    "multibanco",
    "naver_pay",
    "nz_bank_account",
    "oxxo",
    "p24",
    "pay_by_bank",
    "payco",
    "paynow",
    "paypal",
    "paypay",
    "payto",
    "pix",
    "promptpay",
    "revolut_pay",
    "samsung_pay",
    "satispay",
    "scalapay",
    "sepa_debit",
    "sequra",
    "sofort",
    "sunbit",
    "swish",
    "twint",
    "upi",
    "us_bank_account",
    "wechat_pay",
    "zip",
    "demo_pay",
    "gopay",
    "qris",
];

/// What Stripe's own choice of methods comes to here: the currencies of Alipay and WeChat Pay are those of
/// docs.stripe.com/payments/alipay and …/wechat-pay.
const BOTH_WALLETS: [&str; 9] = ["aud", "cad", "cny", "eur", "gbp", "hkd", "jpy", "sgd", "usd"];
const ALIPAY_ONLY: [&str; 2] = ["nzd", "myr"];
const WECHAT_PAY_ONLY: [&str; 4] = ["dkk", "nok", "sek", "chf"];

impl Creation {
    /// Reads everything; `now_s` is business time.
    pub(crate) fn take(params: &mut Params, version: &Version, now_s: i64) -> Result<Self, Refusal> {
        check_mode(params, version)?;
        params.not_played(&NOT_PLAYED)?;
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
            locale: params.word("locale", &LOCALES)?.map(str::to_owned),
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

fn take_items(params: &mut Params) -> Result<Vec<NewItem>, Refusal> {
    let groups = params.groups("line_items")?;
    if groups.is_empty() {
        return Err(Refusal::missing("line_items"));
    }
    if groups.len() > MOST_ITEMS {
        return Err(Refusal::invalid(format!("line_items: at most {MOST_ITEMS}")).at("line_items"));
    }
    groups.into_iter().map(take_item).collect()
}

fn take_item(mut item: Params) -> Result<NewItem, Refusal> {
    item.not_played(&["adjustable_quantity", "tax_rates", "dynamic_tax_rates"])?;
    if let Some(price) = item.text("price")? {
        // Prices are made through an API this sandbox does not play: there are none.
        return Err(Refusal::no_such("price", &item.path_of("price"), &price));
    }
    let quantity_path = item.path_of("quantity");
    let quantity = item.integer("quantity")?.ok_or_else(|| Refusal::missing(&quantity_path))?;
    if !(1..=LARGEST_QUANTITY).contains(&quantity) {
        let message = format!("{quantity_path}: expected 1 to {LARGEST_QUANTITY}, got {quantity}");
        return Err(Refusal::coded("parameter_invalid_integer", &quantity_path, message));
    }
    let metadata = item.metadata()?;
    let price = item.group("price_data")?.ok_or_else(|| Refusal::missing(&item.path_of("price_data")))?;
    item.finish()?;
    take_price(price, quantity, metadata)
}

fn take_price(mut price: Params, quantity: i64, metadata: Metadata) -> Result<NewItem, Refusal> {
    price.not_played(&["recurring", "unit_amount_decimal"])?;
    let currency = read_currency(&price.required("currency")?, &price.path_of("currency"))?;
    let path = price.path_of("unit_amount");
    let unit_amount = price.integer("unit_amount")?.ok_or_else(|| Refusal::missing(&path))?;
    check_price(unit_amount, &currency, &path)?;
    let amount = unit_amount
        .checked_mul(quantity)
        .ok_or_else(|| Refusal::coded("amount_too_large", &path, format!("{path}: too much in all")))?;
    let product = price.text("product")?;
    let data_path = price.path_of("product_data");
    let name = match (price.group("product_data")?, &product) {
        (Some(_), Some(_)) => {
            let message = format!("{data_path}: only one of product and product_data");
            return Err(Refusal::coded("parameters_exclusive", &data_path, message));
        }
        (Some(mut data), None) => {
            let name = data.required("name")?;
            data.text("description")?;
            data.texts("images")?;
            data.metadata()?;
            data.text("tax_code")?;
            data.text("unit_label")?;
            data.finish()?;
            name
        }
        (None, Some(product)) => {
            return Err(Refusal::no_such("product", &price.path_of("product"), product));
        }
        (None, None) => return Err(Refusal::missing(&data_path)),
    };
    let tax_behavior =
        price.word("tax_behavior", &["exclusive", "inclusive", "unspecified"])?.map(str::to_owned);
    price.finish()?;
    Ok(NewItem { name, currency, product, unit_amount, quantity, amount, tax_behavior, metadata })
}

/// One currency for all lines, and what they come to.
fn total(items: &[NewItem], given: Option<&str>) -> Result<(String, i64), Refusal> {
    let path = "line_items[0][price_data][currency]";
    let currency = items.first().map(|item| item.currency.clone()).unwrap_or_default();
    if items.iter().any(|item| item.currency != currency) {
        return Err(Refusal::invalid("line_items: all lines are in one currency").at(path));
    }
    if given.is_some_and(|given| !given.eq_ignore_ascii_case(&currency)) {
        return Err(Refusal::invalid("currency: not that of the line items").at("currency"));
    }
    let total = items
        .iter()
        .try_fold(0_i64, |total, item| total.checked_add(item.amount))
        .ok_or_else(|| Refusal::coded("amount_too_large", "line_items", "line_items: too much in all"))?;
    check_charge(total, &currency, "line_items")?;
    Ok((currency, total))
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

/// The methods on offer, and to what the merchant narrowed them (endive and later).
fn take_methods(
    params: &mut Params,
    version: &Version,
    currency: &str,
) -> Result<(Vec<String>, Option<Vec<String>>), Refusal> {
    let (known, unknown) = if version.has_allowed_methods() {
        ("allowed_payment_method_types", "payment_method_types")
    } else {
        ("payment_method_types", "allowed_payment_method_types")
    };
    if params.has(unknown) {
        return Err(Refusal::unknown_parameter(unknown));
    }
    let given = params.words(known, &METHODS)?;
    for (place, method) in given.iter().enumerate() {
        if !takes_currency(method, currency) {
            let message = format!("{known}: {method} does not take {currency}");
            return Err(Refusal::invalid(message).at(format!("{known}[{place}]")));
        }
    }
    if given.is_empty() {
        let usual = ["card", "alipay", "wechat_pay"];
        let offered = usual.into_iter().filter(|method| takes_currency(method, currency));
        return Ok((offered.map(str::to_owned).collect(), None));
    }
    let narrowed = version.has_allowed_methods().then(|| given.clone());
    Ok((given, narrowed))
}

fn takes_currency(method: &str, currency: &str) -> bool {
    match method {
        "alipay" => BOTH_WALLETS.contains(&currency) || ALIPAY_ONLY.contains(&currency),
        "wechat_pay" => BOTH_WALLETS.contains(&currency) || WECHAT_PAY_ONLY.contains(&currency),
        _ => true,
    }
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
