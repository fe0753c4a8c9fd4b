//! What is offered on which device?

use coursepay_core::device::Device;
use coursepay_core::method::{Channel, GatewayId, Method};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                       Chrome/142.0.0.0 Mobile Safari/537.36";
const FIREFOX_ON_ANDROID: &str = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                       Chrome/142.0.0.0 Safari/537.36";
const MAC_OR_IPAD: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
                           (KHTML, like Gecko) Version/18.6 Safari/605.1.15";
const WECHAT_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                                (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) \
                                NetType/WIFI Language/zh_CN";
const WECHAT_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                                 Gecko) Chrome/122.0.0.0 Safari/537.36 MicroMessenger/7.0.20.1781(0x6700143B) \
                                 WindowsWechat(0x63090a13)";

#[test]
fn a_device_is_told_by_what_its_browser_says() {
    for (agent, device) in [
        (IPHONE, Some(Device::Phone)),
        (ANDROID, Some(Device::Phone)),
        (FIREFOX_ON_ANDROID, Some(Device::Phone)),
        (WINDOWS, Some(Device::Desktop)),
        (MAC_OR_IPAD, Some(Device::Desktop)),
        (WECHAT_ON_IPHONE, Some(Device::WeChat)),
        (WECHAT_ON_WINDOWS, Some(Device::WeChat)),
        ("", None),
        ("curl/8.14.1", None),
        ("okhttp/4.12.0 Mobile", None),
        ("Mobi", None),
    ] {
        assert_eq!(Device::of_user_agent(agent), device, "{agent}");
    }
}

#[test]
fn each_device_is_offered_what_works_on_it() {
    use Channel::{Balance, InApp, Mobile, Qr, Redirect};
    use GatewayId::{Alipay, Stripe, WechatPay};
    use Method::{External, Wallet};
    let ways = [
        (External(Alipay), [Qr, Redirect, Mobile].as_slice()),
        (External(WechatPay), &[Qr, Mobile, InApp]),
        (External(Stripe), &[Redirect]),
        (Wallet, &[Balance]),
    ];
    for (device, offered) in [
        (
            Device::Desktop,
            [
                (External(Alipay), Qr),
                (External(Alipay), Redirect),
                (External(WechatPay), Qr),
                (External(Stripe), Redirect),
                (Wallet, Balance),
            ]
            .as_slice(),
        ),
        (
            Device::Phone,
            &[
                (External(Alipay), Mobile),
                (External(WechatPay), Mobile),
                (External(Stripe), Redirect),
                (Wallet, Balance),
            ],
        ),
        (Device::WeChat, &[(External(WechatPay), InApp), (External(Stripe), Redirect), (Wallet, Balance)]),
    ] {
        let all = ways.iter().flat_map(|(method, channels)| channels.iter().map(|one| (*method, *one)));
        let suited: Vec<_> = all.filter(|(method, channel)| device.suits(*method, *channel)).collect();
        assert_eq!(suited, offered, "{device:?}");
    }
}
