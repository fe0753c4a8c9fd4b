//! What may a session's `line_items` say, and what do they come to?

use super::currency::{check_charge, check_price, read_currency};
use super::errors::Refusal;
use super::form::Params;
use super::values::Metadata;

const MOST_ITEMS: usize = 100;
const LARGEST_QUANTITY: i64 = 999_999;

/// One line as asked for, checked.
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

pub(crate) fn take_items(params: &mut Params) -> Result<Vec<NewItem>, Refusal> {
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
pub(crate) fn total(items: &[NewItem], given: Option<&str>) -> Result<(String, i64), Refusal> {
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
