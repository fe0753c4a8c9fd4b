//! Every promise, on the built Worker.

use coursepay_tests::workerd::Workerd;

macro_rules! shown_on_the_worker {
    ($group:ident::$promise:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
        async fn $promise() {
            let worker = Workerd::start().await.expect("the Worker starts");
            coursepay_tests::promises::$group::$promise(&worker).await;
        }
    };
}

coursepay_tests::promises!(shown_on_the_worker);
