//! What do Stripe's test cards do? (docs.stripe.com/testing)

/// What comes of paying with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Pays,
    /// Paid, and the money counts at once.
    PaysAtOnce,
    /// Refused with a code, and with a reason of the bank's.
    Declines(&'static str, &'static str),
    /// Paid, then disputed for this reason.
    Disputed(&'static str),
    /// Paid; a refund is pending for a while.
    RefundPends,
    /// Paid; a refund succeeds and fails later.
    RefundFails,
}

const CARDS: [(&str, Effect); 16] = [
    ("4242424242424242", Effect::Pays),
    ("5555555555554444", Effect::Pays),
    ("4000000000000077", Effect::PaysAtOnce),
    ("4000000000000002", Effect::Declines("card_declined", "generic_decline")),
    ("4000000000009995", Effect::Declines("card_declined", "insufficient_funds")),
    ("4000000000009987", Effect::Declines("card_declined", "lost_card")),
    ("4000000000009979", Effect::Declines("card_declined", "stolen_card")),
    ("4000000000006975", Effect::Declines("card_declined", "card_velocity_exceeded")),
    ("4000000000000069", Effect::Declines("expired_card", "expired_card")),
    ("4000000000000127", Effect::Declines("incorrect_cvc", "incorrect_cvc")),
    ("4000000000000119", Effect::Declines("processing_error", "processing_error")),
    ("4000000000000259", Effect::Disputed("fraudulent")),
    ("4000000000002685", Effect::Disputed("product_not_received")),
    ("4000000000007726", Effect::RefundPends),
    ("4000000000005126", Effect::RefundFails),
    ("4100000000000019", Effect::Declines("card_declined", "fraudulent")),
];

/// The card with which the plain button pays, and the one with which it is declined.
pub(crate) const PAYING: &str = "4242424242424242";
pub(crate) const DECLINED: &str = "4000000000000002";

/// What a card does; `None` for a number that is no test card. Blanks do not matter.
pub(crate) fn effect(number: &str) -> Option<Effect> {
    let digits: String = number.chars().filter(|character| !character.is_whitespace()).collect();
    CARDS.iter().find(|(known, _)| *known == digits).map(|(_, effect)| *effect)
}

/// The end of a card's number, as charges show it.
pub(crate) fn last4(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(|character| character.is_ascii_digit()).collect();
    digits.iter().skip(digits.len().saturating_sub(4)).collect()
}

/// What the card with this end does.
pub(crate) fn by_last4(end: &str) -> Option<Effect> {
    CARDS.iter().find(|(number, _)| number.ends_with(end) && end.len() == 4).map(|(_, effect)| *effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_known_by_number_and_by_its_end() {
        assert_eq!(
            effect("4000 0000 0000 9995"),
            Some(Effect::Declines("card_declined", "insufficient_funds"))
        );
        assert_eq!(effect("4000000000000000"), None);
        assert_eq!(last4("4000 0000 0000 7726"), "7726");
        for (number, known) in CARDS {
            assert_eq!(by_last4(&last4(number)), Some(known), "{number}");
        }
        assert_eq!(by_last4(""), None);
    }
}
