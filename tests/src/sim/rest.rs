//! How does a world come to rest?

use http::Method;

use crate::message::{Answer, Ask};
use crate::native::app::NativeApp;
use crate::target::Target as _;

/// As long as the patience for gateways that do not answer, past what keeps a refused request for a day, and past
/// every try to deliver a message.
const REST_MS: i64 = 80 * 60 * 60_000;

/// The schedules that the cron looks at.
const NEXT: &str = "SELECT min(at) AS at FROM (
    SELECT min(next_at_ms) AS at FROM orders UNION ALL SELECT min(next_at_ms) FROM attempts
    UNION ALL SELECT min(next_at_ms) FROM refunds UNION ALL SELECT min(next_at_ms) FROM outbox_deliveries)";

/// Faults stop; then time passes, with everything done when it is due, until nothing is.
pub(super) async fn comes(app: &NativeApp) {
    app.world.faults.lift();
    app.world.network.skew(0);
    app.world.network.endpoint_hears_again();
    let stop = Ask::get("/sandbox/faults").method(Method::DELETE).to(&app.setup().sandbox_url);
    assert!(Answer(app.call_sandbox(stop).await).status().is_success());
    let over_at_ms = app.now_ms() + REST_MS;
    app.let_work_go_on().await;
    while let Some(next_at_ms) = next_at_ms(app).filter(|at| *at <= over_at_ms) {
        // The cron comes once a minute, whatever is due.
        let wait_ms = (next_at_ms - app.now_ms()).max(0) + 60_000;
        app.world.clock.advance_ms(wait_ms);
        app.fire_cron().await;
        app.let_work_go_on().await;
    }
    app.world.clock.advance_ms((over_at_ms - app.now_ms()).max(0));
    app.fire_cron().await;
    app.let_work_go_on().await;
}

/// When there is something to do: for us, or for the gateways.
fn next_at_ms(app: &NativeApp) -> Option<i64> {
    let ours = app.world.db.rows(NEXT, &[])[0].0["at"].as_i64();
    ours.into_iter().chain(app.world.network.next_callback_at_ms()).min()
}
