//! Do the same calls with the same seed give the same bytes?

#[cfg(test)]
mod player;

#[cfg(test)]
mod the_same_seed {
    use coursepay_sandbox::{Keys, Random, World};
    use http::Request;

    use crate::player::Player;

    /// 2026-01-01 08:00:00 in Shanghai.
    const START_MS: i64 = 1_767_225_600_000;

    /// A day at all three gateways with faults at every rate; all that came of it.
    fn day(keys: &Keys, seed: u8) -> (Player, Vec<u8>) {
        let mut player =
            Player::new(World::new("http://sandbox.example", keys.clone(), [seed; 32]), START_MS);
        player.stripe_endpoint();
        for fault in [
            r#"{"fault":"callback_duplicated","percent":20}"#,
            r#"{"fault":"callback_lost","percent":10}"#,
            r#"{"fault":"callback_reordered","percent":20}"#,
            r#"{"fault":"callback_forged","percent":20}"#,
            r#"{"fault":"callback_delayed","percent":20,"by_ms":60000}"#,
            r#"{"fault":"timeout_after_effect","percent":5}"#,
            r#"{"fault":"system_error","percent":5}"#,
            r#"{"fault":"refund_pending","percent":30,"by_ms":120000}"#,
        ] {
            assert_eq!(
                player.ask(Request::post("/sandbox/faults").body(fault.to_owned()).unwrap()).status(),
                201
            );
        }
        for number in 0..20 {
            player.alipay_lifecycle(&format!("ALIPAY{number}"));
            player.wechat_pay_lifecycle(&format!("WECHAT{number}"));
            player.stripe_lifecycle(&format!("STRIPE{number}"));
            player.now_ms += 60_000;
            player.deliver(500, "no");
        }
        for path in ["/sandbox/log.json", "/sandbox/payments.json", "/sandbox/callbacks.json", "/"] {
            player.ask(Request::get(path).body(String::new()).unwrap());
        }
        let kept = records(&mut player);
        (player, kept)
    }

    /// All that a player's world would keep.
    fn records(player: &mut Player) -> Vec<u8> {
        let records = player.world.take_changes().unwrap();
        records.into_iter().flat_map(|record| [record.path.into_bytes(), record.contents].concat()).collect()
    }

    #[test]
    fn gives_the_same_log_and_the_same_records_with_every_fault_at_work() {
        let keys = Keys::stand_in(&mut Random::from_seed([1; 32])).unwrap();
        let ((one, kept), (other, kept_too)) = (day(&keys, 7), day(&keys, 7));
        assert!(one.trace == other.trace && kept == kept_too, "two runs differ");
        assert!(one.trace.len() > 100_000, "something happened: {} bytes", one.trace.len());
        let (another, _) = day(&keys, 8);
        assert!(one.trace != another.trace, "another seed, another day");
    }

    #[test]
    fn gives_the_same_records_when_the_steps_are_replayed() {
        let keys = Keys::stand_in(&mut Random::from_seed([1; 32])).unwrap();
        let mut player = Player::new(World::new("http://sandbox.example", keys.clone(), [7; 32]), START_MS);
        player.stripe_endpoint();
        player.alipay_lifecycle("A");
        player.wechat_pay_lifecycle("WECHAT");
        player.stripe_lifecycle("S");
        let mut replayed = Player::new(World::new("http://sandbox.example", keys, [7; 32]), START_MS);
        replayed.replay(&player.steps);
        assert!(records(&mut replayed) == records(&mut player));
    }

    #[test]
    fn makes_the_same_keys() {
        let keys = |seed| {
            serde_json::to_string(&Keys::generate(&mut Random::from_seed([seed; 32])).unwrap()).unwrap()
        };
        assert_eq!(keys(1), keys(1));
    }
}
