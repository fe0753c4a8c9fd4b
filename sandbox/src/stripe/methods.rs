//! By which methods can a session be paid, and how does each version name the choice?

use super::errors::Refusal;
use super::form::Params;
use super::values::words_of;
use super::version::Version;

const METHODS: &str = "acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact \
    billie bizum blik boleto card cashapp crypto customer_balance eps fpx giropay grabpay ideal \
    kakao_pay klarna konbini kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account \
    oxxo p24 pay_by_bank payco paynow paypal paypay payto pix promptpay revolut_pay samsung_pay \
    satispay scalapay sepa_debit sequra sofort sunbit swish twint upi us_bank_account wechat_pay \
    zip demo_pay gopay qris";

/// What Stripe's own choice of methods comes to here: the currencies of Alipay and WeChat Pay are those of
/// docs.stripe.com/payments/alipay and …/wechat-pay.
const BOTH_WALLETS: [&str; 9] = ["aud", "cad", "cny", "eur", "gbp", "hkd", "jpy", "sgd", "usd"];
const ALIPAY_ONLY: [&str; 2] = ["nzd", "myr"];
const WECHAT_PAY_ONLY: [&str; 4] = ["dkk", "nok", "sek", "chf"];

/// How this version names the choice of methods, and how the other ones do.
fn names_of_methods(version: &Version) -> (&'static str, &'static str) {
    let names = ("allowed_payment_method_types", "payment_method_types");
    if version.has_allowed_methods() { names } else { (names.1, names.0) }
}

pub(crate) fn check_names_of_methods(params: &Params, version: &Version) -> Result<(), Refusal> {
    let (_, unknown) = names_of_methods(version);
    if params.has(unknown) { Err(Refusal::unknown_parameter(unknown)) } else { Ok(()) }
}

/// The methods on offer, and to what the merchant narrowed them (endive and later).
pub(crate) fn take_methods(
    params: &mut Params,
    version: &Version,
    currency: &str,
) -> Result<(Vec<String>, Option<Vec<String>>), Refusal> {
    let (known, _) = names_of_methods(version);
    let given = params.words(known, &words_of(METHODS))?;
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
