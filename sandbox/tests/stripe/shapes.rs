//! Has every object all the members it must have? (those that npm `stripe` 23.1.0 does not call optional)

use serde_json::{Value, json};

use crate::shop::{Shop, charge, id};

const SESSION: &str = "\
    id object adaptive_pricing after_expiration allow_promotion_codes allowed_payment_method_types \
    amount_subtotal amount_total automatic_tax billing_address_collection cancel_url \
    client_reference_id client_secret collected_information consent consent_collection created currency \
    currency_conversion custom_fields custom_text customer customer_account customer_creation \
    customer_details customer_email discounts expires_at integration_identifier invoice \
    invoice_creation livemode locale managed_payments metadata mode origin_context payment_intent \
    payment_link payment_method_collection payment_method_configuration_details payment_method_options \
    payment_method_types payment_status permissions recovered_from saved_payment_method_options \
    setup_intent shipping_address_collection shipping_cost shipping_options status submit_type \
    subscription success_url total_details ui_mode url wallet_options";
const PAYMENT_INTENT: &str = "\
    id object allowed_payment_method_types amount amount_capturable amount_received application \
    application_fee_amount automatic_payment_methods canceled_at cancellation_reason capture_method \
    client_secret confirmation_method created currency customer customer_account description \
    excluded_payment_method_types last_payment_error latest_charge livemode managed_payments metadata \
    next_action on_behalf_of payment_method payment_method_configuration_details payment_method_options \
    payment_method_types payment_record processing receipt_email review setup_future_usage shipping \
    source statement_descriptor statement_descriptor_suffix status transfer_group";
const CHARGE: &str = "\
    id object amount amount_captured amount_refunded application application_fee application_fee_amount \
    balance_transaction billing_details calculated_statement_descriptor captured created currency \
    customer description disputed failure_balance_transaction failure_code failure_message \
    fraud_details livemode metadata on_behalf_of outcome paid payment_intent payment_method \
    payment_method_details receipt_email receipt_number receipt_url refunded review shipping source \
    source_transfer statement_descriptor statement_descriptor_suffix status transfer_data \
    transfer_group";
const REFUND: &str = "\
    id object amount balance_transaction charge created currency customer customer_account metadata \
    payment_intent payment_method reason receipt_number source_transfer_reversal status \
    transfer_reversal";
const DISPUTE: &str = "\
    id object amount balance_transactions charge created currency enhanced_eligibility_types evidence \
    evidence_details intended_submission_method is_charge_refundable livemode metadata payment_intent \
    reason status";
const TRANSFER: &str = "\
    id object amount amount_reversed balance_transaction created currency description destination \
    livemode metadata reversals reversed source_transaction transfer_group";
const TRANSFER_REVERSAL: &str = "\
    id object amount balance_transaction created currency destination_payment_refund metadata \
    source_refund transfer";
const BALANCE_TRANSACTION: &str = "\
    id object amount available_on balance_type created currency description exchange_rate fee \
    fee_details net reporting_category source status type";
const WEBHOOK_ENDPOINT: &str =
    "id object api_version application created description enabled_events livemode metadata status url";
const LINE_ITEM: &str = "\
    id object adjustable_quantity amount_discount amount_subtotal amount_tax amount_total currency \
    description metadata price quantity";
const PRICE: &str = "\
    id object active billing_scheme created currency custom_unit_amount livemode lookup_key metadata \
    nickname product recurring tax_behavior tiers_mode transform_quantity type unit_amount \
    unit_amount_decimal";
const EVENT: &str = "\
    id object api_version created data livemode pending_webhooks request type";

#[track_caller]
fn is_whole(object: &Value, members: &str) {
    let missing: Vec<&str> =
        members.split_ascii_whitespace().filter(|member| object.get(member).is_none()).collect();
    assert!(missing.is_empty(), "{} has no {missing:?}", object["object"]);
}

#[test]
fn a_payment_and_all_that_comes_of_it_are_whole() {
    let mut shop = Shop::new();
    let paid = shop.paid("N1");
    let expand = "expand[]=line_items&expand[]=payment_intent.latest_charge.balance_transaction";
    let session = shop.get(&format!("/v1/checkout/sessions/{}?{expand}", id(&paid))).ok();
    let intent = &session["payment_intent"];
    let item = &session["line_items"]["data"][0];
    is_whole(&session, SESSION);
    is_whole(intent, PAYMENT_INTENT);
    is_whole(&intent["latest_charge"], CHARGE);
    is_whole(&intent["latest_charge"]["balance_transaction"], BALANCE_TRANSACTION);
    is_whole(item, LINE_ITEM);
    is_whole(&item["price"], PRICE);
    is_whole(&shop.session("N2"), SESSION);

    let source = charge(&paid).to_owned();
    is_whole(&shop.post("/v1/refunds", &format!("charge={source}&amount=5")).ok(), REFUND);
    is_whole(&shop.get("/v1/events").ok()["data"][0], EVENT);
    is_whole(&shop.steer("/sandbox/stripe/disputes", &json!({ "charge": source })).ok(), DISPUTE);
}

#[test]
fn transfers_and_endpoints_are_whole() {
    let mut shop = Shop::new();
    let paid = shop.paid("N1");
    let creator = shop.account().connected_accounts[0].clone();
    let body = format!("amount=70&currency=usd&destination={creator}&source_transaction={}", charge(&paid));
    let transfer = shop.post("/v1/transfers", &body).ok();
    is_whole(&transfer, TRANSFER);
    is_whole(&shop.post(&format!("/v1/transfers/{}/reversals", id(&transfer)), "").ok(), TRANSFER_REVERSAL);
    is_whole(&shop.endpoint(&["*"]), WEBHOOK_ENDPOINT);
}
