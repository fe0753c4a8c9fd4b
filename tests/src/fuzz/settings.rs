//! Can a deployment's variables be read, whatever is set?

use coursepay_core::currency::Currency;
use coursepay_edge::app::config::{Config, Credential};

use super::Play;
use crate::setup::Setup;

/// Between two variables: an ASCII record separator, which stands in none.
const SEPARATOR: u8 = 0x1e;

/// Variables as `NAME=value`. Whatever is off names a variable; whatever is on has what it verifies with.
pub(super) fn config() -> Play {
    let mut setup =
        Setup::new("https://pay.example", "https://sandbox.example", "https://school.example/hooks");
    setup.stripe_webhook_secret = "whsec_4eC39HqLyjWDarjtT1zdp7dc".to_owned();
    let written = |(name, value): (&String, &String)| format!("{name}={value}").into_bytes();
    let variables = setup.variables();
    let seeds = vec![variables.iter().map(written).collect::<Vec<_>>().join(&SEPARATOR), Vec::new()];
    Play { seeds, read: Box::new(read) }
}

fn read(input: &[u8]) -> String {
    let texts = input.split(|byte| *byte == SEPARATOR).map(String::from_utf8_lossy);
    let variables: Vec<(String, String)> =
        texts.filter_map(|text| text.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()))).collect();
    let known =
        |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let config = Config::read(known);
    let mut outcome: Vec<String> =
        config.flaws().iter().map(|flaw| format!("{} {}", flaw.variable, flaw.problem)).collect();
    for (id, gateway) in &config.gateways {
        match gateway {
            Ok(party) => {
                assert!(!party.verifying.is_empty(), "{id:?} is on and verifies nothing");
                let keys = party.verifying.iter().map(|known| &known.key).chain(&party.opening);
                assert!(keys.into_iter().all(|key| key.bytes.len() >= 16), "{id:?} is on with an empty key");
                let (Credential::Rsa(key) | Credential::Bearer(key)) = &party.credential;
                assert!(!key.bytes.is_empty(), "{id:?} is on with an empty credential");
                outcome.push(format!("{id:?} {:?}", party.protocol.channels(Currency::Cny)));
            }
            Err(flaw) => outcome.push(format!("{id:?} {} {}", flaw.variable, flaw.problem)),
        }
    }
    if let Ok(keys) = &config.checkout_token_keys {
        assert!(keys.values().all(|secret| secret.len() >= 32), "a secret is too short");
    }
    // What is allowed is asked with what is set, which comes closest to it.
    for (_, value) in &variables {
        let address = config.return_address(value);
        assert!(address.is_none_or(|text| text.starts_with("http")), "{value} is no address to return to");
        assert!(!config.allows_origin(value) || value.starts_with("http"), "{value} is no origin");
    }
    outcome.join("; ")
}
