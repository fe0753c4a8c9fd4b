//! What is offered on which device, and what is taken from it?

use coursepay_core::api::{MethodOffer, OrderView, ProductView};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_tests::actors::platform::Platform;
use coursepay_tests::actors::shopper::{ALIPAY, Shopper, payment};
use coursepay_tests::message::Ask;
use coursepay_tests::native::app::natively;

const WECHAT_PAY: Method = Method::External(GatewayId::WechatPay);
const CARD: Method = Method::External(GatewayId::Stripe);

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const PHONE: &str = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0";
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 15) Mobile Safari/537.36 MicroMessenger/8.0.60";

fn offer(method: Method, channels: &[Channel]) -> MethodOffer {
    MethodOffer { method, channels: channels.to_vec() }
}

#[test]
fn an_order_offers_what_fits_the_browser_and_takes_every_way_there_is() {
    use Channel::{Balance, InApp, Mobile, Qr, Redirect};
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        let order = alice.orders(&["rust-101"]).await;
        let everything = vec![
            offer(ALIPAY, &[Qr, Redirect, Mobile]),
            offer(WECHAT_PAY, &[Qr, Mobile, InApp]),
            offer(CARD, &[Redirect]),
            offer(Method::Wallet, &[Balance]),
        ];
        assert_eq!(order.methods, everything, "to whoever is no browser");
        for (agent, offers) in [
            ("curl/8.14.1", everything),
            (
                DESKTOP,
                vec![
                    offer(ALIPAY, &[Qr, Redirect]),
                    offer(WECHAT_PAY, &[Qr]),
                    offer(CARD, &[Redirect]),
                    offer(Method::Wallet, &[Balance]),
                ],
            ),
            (
                PHONE,
                vec![
                    offer(ALIPAY, &[Mobile]),
                    offer(WECHAT_PAY, &[Mobile]),
                    offer(CARD, &[Redirect]),
                    offer(Method::Wallet, &[Balance]),
                ],
            ),
            (
                WECHAT,
                vec![
                    offer(WECHAT_PAY, &[InApp]),
                    offer(CARD, &[Redirect]),
                    offer(Method::Wallet, &[Balance]),
                ],
            ),
        ] {
            let look = Ask::get(format!("/v1/orders/{}", order.id)).header("user-agent", agent);
            let seen: OrderView = alice.ask(look).await.read(200);
            assert_eq!(seen.methods, offers, "{agent}");
        }
        // A guess must not cost a payment: a tablet that passes for a phone may still show a code.
        let ask = payment(&order, ALIPAY, Qr).header("user-agent", PHONE).fresh_key();
        alice.ask(ask).await.expect(201);
    });
}

#[test]
fn a_product_tells_what_its_order_will_offer_but_for_the_wallet() {
    use Channel::{InApp, Mobile, Qr, Redirect};
    natively(async |app| {
        Platform::of(app).await.sells("rust-101", 9_900, "lin", 7_000).await;
        let alice = Shopper::learner(app, "alice");
        for (agent, offers) in [
            (
                "curl/8.14.1",
                vec![
                    offer(ALIPAY, &[Qr, Redirect, Mobile]),
                    offer(WECHAT_PAY, &[Qr, Mobile, InApp]),
                    offer(CARD, &[Redirect]),
                ],
            ),
            (
                DESKTOP,
                vec![offer(ALIPAY, &[Qr, Redirect]), offer(WECHAT_PAY, &[Qr]), offer(CARD, &[Redirect])],
            ),
            (PHONE, vec![offer(ALIPAY, &[Mobile]), offer(WECHAT_PAY, &[Mobile]), offer(CARD, &[Redirect])]),
            (WECHAT, vec![offer(WECHAT_PAY, &[InApp]), offer(CARD, &[Redirect])]),
        ] {
            let look = Ask::get("/v1/products/rust-101").header("user-agent", agent);
            // Even to a learner who may spend a wallet: a page asks without a token.
            let seen: ProductView = alice.ask(look).await.read(200);
            assert_eq!(seen.methods, Some(offers), "{agent}");
        }
    });
}
