//! How does the school listen, and how does it stop?

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::routes::router;
use crate::school::School;

/// What a request in progress gets after the signal to stop. A connection kept open must not keep us alive.
const GRACE: Duration = Duration::from_secs(3);

/// Serves on `listener` until `stop` is done; then finishes what is in progress, for three seconds at most.
///
/// # Errors
/// Whatever ends the listening.
pub async fn serve_until(
    school: Arc<School>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let stopping = Arc::new(Notify::new());
    let stop = {
        let stopping = Arc::clone(&stopping);
        async move {
            stop.await;
            stopping.notify_one();
        }
    };
    let server = axum::serve(listener, router(school)).with_graceful_shutdown(stop);
    tokio::select! {
        served = server => served,
        () = async { stopping.notified().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}
