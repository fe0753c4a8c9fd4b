//! What does the book say?

use coursepay_core::currency::Currency;
use coursepay_core::id::OrderId;
use coursepay_core::ledger::Side;
use coursepay_core::ledger::chart::Account;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::ports::{Db, DbError, Row, World, statement};

/// The most that one answer lists.
const PAGE: i64 = 100;

#[derive(Serialize)]
struct AccountView {
    account: String,
    side: Side,
    currency: Currency,
    balance_minor: i64,
}

#[derive(Serialize)]
struct EntryView {
    id: String,
    sequence: i64,
    kind: String,
    order: Option<String>,
    at_ms: i64,
    postings: serde_json::Value,
}

#[derive(Serialize)]
struct Listing {
    entries: Vec<EntryView>,
    /// Pass it as `after` to read on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// `GET /v1/ledger/accounts/{account}?currency=`: the balance on the account's normal side.
pub(in crate::app::services) async fn get_account<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let account =
        Account::parse(call.param("account")).ok_or_else(|| ApiError::plain(Code::UnknownAccount))?;
    let currency = wanted_currency(call)?.unwrap_or(Currency::Cny);
    let balance_minor = balance(app, &account, currency).await?;
    let side = account.side();
    Reply::json(200, &AccountView { account: account.to_string(), side, currency, balance_minor })
}

/// `GET /v1/ledger/entries?order=|account=&after=`: oldest first.
pub(in crate::app::services) async fn list_entries<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let after = call.after()?;
    let rows = match (call.query_value("order"), call.query_value("account")) {
        (Some(order), None) => {
            let order = OrderId::parse(&order)
                .map_err(|_| ApiError::field(Code::InvalidField, "order", "not an order's id"))?;
            let sql = "SELECT id, sequence, kind, order_id, at_ms, legs FROM ledger_entries \
                       WHERE order_id = ?1 AND sequence > CAST(?2 AS INTEGER) \
                       ORDER BY sequence LIMIT CAST(?3 AS INTEGER)";
            app.world.db().query(statement!(sql, order.to_string(), after, PAGE)).await?
        }
        (None, Some(account)) => {
            let account = Account::parse(&account).ok_or_else(|| ApiError::plain(Code::UnknownAccount))?;
            entries_of_account(app, &account, after).await?
        }
        (Some(_), Some(_)) | (None, None) => {
            let detail = "one of order and account is needed";
            return Err(ApiError::field(Code::InvalidField, "order", detail));
        }
    };
    let mut entries = rows.into_iter().map(entry_view).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.sequence);
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_full = entries.len() >= page;
    entries.truncate(page);
    let next_after = entries.last().filter(|_| is_full).map(|entry| entry.sequence);
    Reply::json(200, &Listing { entries, next_after })
}

/// One look per currency, because postings are kept by account and currency: each reads at most a page from
/// its index, where one look over all currencies would sort the account's whole history.
async fn entries_of_account<W: World>(
    app: &App<'_, W>,
    account: &Account,
    after: i64,
) -> Result<Vec<Row>, DbError> {
    let sql = "SELECT e.id, e.sequence, e.kind, e.order_id, e.at_ms, e.legs \
               FROM ledger_postings p JOIN ledger_entries e ON e.sequence = p.entry_sequence \
               WHERE p.account = ?1 AND p.currency = ?2 AND p.entry_sequence > CAST(?3 AS INTEGER) \
               ORDER BY p.entry_sequence LIMIT CAST(?4 AS INTEGER)";
    let batch = Currency::ALL
        .into_iter()
        .map(|currency| statement!(sql, account.to_string(), currency.code(), after, PAGE))
        .collect();
    Ok(app.world.db().batch(batch).await?.into_iter().flatten().collect())
}

/// The balance of `account` on its normal side: its latest posting says it.
///
/// # Errors
/// [`DbError`].
pub(super) async fn balance<W: World>(
    app: &App<'_, W>,
    account: &Account,
    currency: Currency,
) -> Result<i64, DbError> {
    #[derive(Deserialize)]
    struct BalanceRow {
        debit_balance_minor: i64,
    }
    let sql = "SELECT debit_balance_minor FROM ledger_postings WHERE account = ?1 AND currency = ?2 \
               ORDER BY entry_sequence DESC LIMIT 1";
    let rows = app.world.db().query(statement!(sql, account.to_string(), currency.code())).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(0) };
    let debit_balance = row.read::<BalanceRow>()?.debit_balance_minor;
    Ok(match account.side() {
        Side::Debit => debit_balance,
        Side::Credit => debit_balance.saturating_neg(),
    })
}

/// The currency of the query, if one is named.
///
/// # Errors
/// 422 for one we do not have.
pub(super) fn wanted_currency(call: &Call) -> Result<Option<Currency>, ApiError> {
    call.query_value("currency")
        .map(|code| {
            Currency::from_code(&code)
                .ok_or_else(|| ApiError::field(Code::CurrencyNotSupported, "currency", format!("got {code}")))
        })
        .transpose()
}

fn entry_view(row: Row) -> Result<EntryView, DbError> {
    #[derive(Deserialize)]
    struct EntryRow {
        id: String,
        sequence: i64,
        kind: String,
        order_id: Option<String>,
        at_ms: i64,
        legs: String,
    }
    let row: EntryRow = row.read()?;
    let postings = serde_json::from_str(&row.legs)
        .map_err(|error| DbError::Nonsense(format!("entry {}: {error}", row.id)))?;
    let EntryRow { id, sequence, kind, order_id: order, at_ms, .. } = row;
    Ok(EntryView { id, sequence, kind, order, at_ms, postings })
}
