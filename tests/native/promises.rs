//! Every promise, on the app in this process.

use coursepay_tests::native::app::NativeApp;
use futures::executor::block_on;

macro_rules! shown_natively {
    ($group:ident::$promise:ident) => {
        #[test]
        fn $promise() {
            block_on(coursepay_tests::promises::$group::$promise(&NativeApp::start()));
        }
    };
}

coursepay_tests::promises!(shown_natively);
