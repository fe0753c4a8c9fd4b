//! Every promise, on the app in this process.

use coursepay_tests::native::app::natively;

macro_rules! shown_natively {
    ($group:ident::$promise:ident) => {
        #[test]
        fn $promise() {
            natively(async |app| coursepay_tests::promises::$group::$promise(app).await);
        }
    };
}

coursepay_tests::promises!(shown_natively);
