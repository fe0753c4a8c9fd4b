//! How is personal data kept?

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_core::id::{BuyerId, IdSource};
use coursepay_core::time::Timestamp;
use coursepay_edge::app::secrets::open_email;
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{Shopper, cart};
use coursepay_tests::actors::token::CheckoutToken;
use coursepay_tests::native::app::NativeApp;
use coursepay_tests::target::Target as _;
use futures::executor::block_on;

const ADDRESS: &str = "alice@school.example";

/// What is stored of the one buyer there is, once alice has ordered with her address in the token.
async fn stored(app: &NativeApp) -> (BuyerId, String) {
    Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
    let token = CheckoutToken::for_learner(app.setup(), "alice", app.now_ms()).claim("email", ADDRESS);
    Shopper::with(app, &token.signed()).asks_to_order(&cart(&["rust-101"])).await.expect(201);
    let row = app.world.db.rows("SELECT id, email_sealed FROM buyers", &[]).remove(0).0;
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (BuyerId::parse(&text("id")).unwrap(), text("email_sealed"))
}

#[test]
fn an_address_is_sealed_for_its_buyer_and_opens_for_no_other() {
    block_on(async {
        let app = NativeApp::start();
        let (buyer, sealed) = stored(&app).await;
        assert!(
            !format!("{:?}", app.world.db.contents()).contains(ADDRESS),
            "it stands nowhere in the clear"
        );
        assert_eq!(open_email(&app.app(), buyer, &sealed).await.unwrap(), ADDRESS);
        let other: BuyerId = IdSource::new(Timestamp::from_ms(0), [1; 16]).fresh();
        assert!(open_email(&app.app(), other, &sealed).await.is_err());
        assert!(open_email(&app.app(), buyer, &sealed.replacen('.', ".A", 1)).await.is_err());
    });
}

#[test]
fn a_new_data_key_seals_and_the_old_one_still_opens() {
    block_on(async {
        let app = NativeApp::start();
        let (buyer, sealed) = stored(&app).await;
        let rolled = app.deployed_with(|variables| {
            let new = format!("d2:{}", BASE64_STANDARD.encode([8_u8; 32]));
            let both = format!("{new},{}", variables["DATA_KEYS"]);
            variables.insert("DATA_KEYS".to_owned(), both);
        });
        assert_eq!(open_email(&rolled.app(), buyer, &sealed).await.unwrap(), ADDRESS);
        let forgotten = app.deployed_with(|variables| {
            let new = format!("d2:{}", BASE64_STANDARD.encode([8_u8; 32]));
            variables.insert("DATA_KEYS".to_owned(), new);
        });
        assert!(open_email(&forgotten.app(), buyer, &sealed).await.is_err());
    });
}
