//! How does a world come to rest?

use http::Method;

use crate::message::{Answer, Ask};
use crate::native::app::NativeApp;
use crate::target::Target as _;

/// Faults stop; then minutes pass, half hours, and days, with everything worked off: past the patience for gateways
/// that do not answer, and past what keeps a refused request for a day.
pub(super) async fn comes(app: &NativeApp) {
    app.world.faults.lift();
    let stop = Ask::get("/sandbox/faults").method(Method::DELETE).to(&app.setup().sandbox_url);
    assert!(Answer(app.call_sandbox(stop).await).status().is_success());
    app.let_work_go_on().await;
    app.let_minutes_pass(10).await;
    for _ in 0..160 {
        app.world.clock.advance_ms(30 * 60_000);
        app.fire_cron().await;
        app.let_work_go_on().await;
    }
}
