//! What may a buyer open, from when to when?

use crate::id::{BuyerId, EntitlementId, OrderId, ProductId};
use crate::time::Timestamp;

/// Access granted by a paid line. A course is granted for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Ours.
    pub id: EntitlementId,
    /// Who may open it.
    pub buyer: BuyerId,
    /// What.
    pub product: ProductId,
    /// The order that paid for it.
    pub order: OrderId,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when; `None` for good.
    pub ends_at: Option<Timestamp>,
}
