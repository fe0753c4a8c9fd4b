//! What do a merchant and Stripe agree on?

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::random::Random;

/// An account in test mode with its keys and the accounts connected to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// `acct_…`.
    pub id: String,
    /// `sk_test_…`: whoever has it acts for the account.
    pub secret_key: String,
    /// `pk_test_…`: may be shown to anybody.
    pub publishable_key: String,
    /// `acct_…` of creators: where transfers may go.
    pub connected_accounts: Vec<String>,
}

impl Account {
    /// Makes an account with fresh ids and keys.
    pub(crate) fn generate(random: &mut Random) -> Self {
        Self {
            id: format!("acct_{}", random.alphanumeric(16)),
            secret_key: format!("sk_test_{}", random.alphanumeric(32)),
            publishable_key: format!("pk_test_{}", random.alphanumeric(32)),
            connected_accounts: (0..2).map(|_| format!("acct_{}", random.alphanumeric(16))).collect(),
        }
    }

    /// Everything an integration needs.
    pub(crate) fn config(&self, base_url: &str) -> Value {
        json!({
            "api_base": base_url,
            "account": self.id,
            "secret_key": self.secret_key,
            "publishable_key": self.publishable_key,
            "connected_accounts": self.connected_accounts,
        })
    }
}
