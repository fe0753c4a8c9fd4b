//! How do we say when something is refunded?

use coursepay_core::api::RefundPolicy;

use super::Lang;

impl Lang {
    /// The policy in a sentence.
    #[must_use]
    pub fn refund_policy(self, policy: RefundPolicy) -> String {
        let days = policy.window_days.map(|days| days.to_string());
        let used = policy.max_used_bps.map(percent);
        match (self, days, used) {
            (Self::Zh, Some(days), _) if days == "0" => "不支持退款".to_owned(),
            (Self::En, Some(days), _) if days == "0" => "Not refundable".to_owned(),
            (Self::Zh, days, used) => {
                let days = days.map_or_else(String::new, |days| ["付款后 ", &days, " 天内"].concat());
                let used = used.map_or_else(String::new, |used| ["使用不超过 ", &used, "% "].concat());
                let between = if days.is_empty() || used.is_empty() { "" } else { "、" };
                [days.as_str(), between, used.as_str(), "可退款"].concat()
            }
            (Self::En, days, used) => {
                let days = days.map_or_else(String::new, |days| [" within ", &days, " days"].concat());
                let used =
                    used.map_or_else(String::new, |used| [" while at most ", &used, "% is used"].concat());
                ["Refundable", &days, &used].concat()
            }
        }
    }
}

/// Basis points as per cent: `20`, `20.5`.
fn percent(bps: u32) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    let text = [whole.to_string(), ".".to_owned(), (rest / 10).to_string(), (rest % 10).to_string()].concat();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_one_would_say_it() {
        let policy = |window_days, max_used_bps| RefundPolicy { window_days, max_used_bps };
        for (policy, zh, en) in [
            (policy(Some(7), None), "付款后 7 天内可退款", "Refundable within 7 days"),
            (policy(None, Some(2_050)), "使用不超过 20.5% 可退款", "Refundable while at most 20.5% is used"),
            (
                policy(Some(7), Some(2_000)),
                "付款后 7 天内、使用不超过 20% 可退款",
                "Refundable within 7 days while at most 20% is used",
            ),
            (policy(Some(0), Some(2_000)), "不支持退款", "Not refundable"),
        ] {
            assert_eq!(
                (Lang::Zh.refund_policy(policy), Lang::En.refund_policy(policy)),
                (zh.into(), en.into())
            );
        }
    }

    #[test]
    fn basis_points_read_as_per_cent() {
        for (bps, text) in [(0, "0"), (5, "0.05"), (10, "0.1"), (100, "1"), (1_000, "10"), (10_000, "100")] {
            assert_eq!(percent(bps), text);
        }
    }
}
