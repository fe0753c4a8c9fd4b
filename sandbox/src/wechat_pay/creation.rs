//! What does a merchant ask for with `/v3/pay/transactions/{native,h5,jsapi}`?
//!
//! Field names, lengths and what is mandatory as in the calls' own documentation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::errors::Refusal;
use super::fields::Fields;
use super::time::parse_rfc3339;

const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// One hundred million yuan. Which figure the real gateway allows is not published.
pub(crate) const LARGEST_FEN: i64 = 10_000_000_000;

/// A payment may wait that long when `time_expire` is not given.
pub(crate) const USUAL_LIFE_MS: i64 = 7 * DAY_MS;

/// `time_expire` is pulled into this range.
const SHORTEST_LIFE_MS: i64 = MINUTE_MS;
const LONGEST_LIFE_MS: i64 = 90 * DAY_MS;

/// How the buyer comes to the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Channel {
    Native,
    H5,
    Jsapi,
}

impl Channel {
    /// The end of the path.
    pub(crate) fn of_path(name: &str) -> Option<Self> {
        match name {
            "native" => Some(Self::Native),
            "h5" => Some(Self::H5),
            "jsapi" => Some(Self::Jsapi),
            _ => None,
        }
    }

    /// `trade_type` in answers, callbacks and bills.
    pub(crate) fn trade_type(self) -> &'static str {
        match self {
            Self::Native => "NATIVE",
            Self::H5 => "MWEB",
            Self::Jsapi => "JSAPI",
        }
    }

    /// How long a code, link or prepay_id works: 5 minutes for H5, 2 hours for the others.
    pub(crate) fn code_life_ms(self) -> i64 {
        match self {
            Self::H5 => 5 * MINUTE_MS,
            Self::Native | Self::Jsapi => 120 * MINUTE_MS,
        }
    }
}

/// What has to stay the same when a number is used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub(crate) channel: Channel,
    pub(crate) appid: String,
    pub(crate) description: String,
    pub(crate) total_fen: i64,
    pub(crate) notify_url: String,
    pub(crate) attach: Option<String>,
    pub(crate) goods_tag: Option<String>,
    /// JSAPI only: nobody else can pay.
    pub(crate) openid: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) profit_sharing: bool,
    /// `detail`, `scene_info` and the like, as sent.
    others: Map<String, Value>,
}

/// A request that holds together.
#[derive(Debug)]
pub(crate) struct Creation {
    pub(crate) mchid: String,
    pub(crate) out_trade_no: String,
    /// The deadline asked for; only the first request of a number decides it.
    pub(crate) expires_at_ms: i64,
    pub(crate) contents: Contents,
}

const KNOWN: [&str; 14] = [
    "appid",
    "mchid",
    "description",
    "out_trade_no",
    "time_expire",
    "attach",
    "notify_url",
    "goods_tag",
    "support_fapiao",
    "amount",
    "payer",
    "detail",
    "scene_info",
    "settle_info",
];

/// Reads a body for the channel its path named.
pub(crate) fn read_creation(
    channel: Channel,
    body: &Map<String, Value>,
    now_ms: i64,
) -> Result<Creation, Refusal> {
    let fields = Fields::whole(body, &KNOWN)?;
    let appid = fields.text("appid", 32)?;
    let mchid = fields.text("mchid", 32)?;
    let description = fields.text("description", 127)?;
    let out_trade_no = fields.number("out_trade_no", 6, 32, "_-|*")?;
    let notify_url = fields.callback_url("notify_url")?;
    fields.optional_bool("support_fapiao")?;
    check_detail(&fields)?;
    Ok(Creation {
        mchid,
        out_trade_no,
        expires_at_ms: read_deadline(&fields, now_ms)?,
        contents: Contents {
            channel,
            appid,
            description,
            total_fen: read_total(&fields)?,
            notify_url,
            attach: fields.optional_text("attach", 128)?,
            goods_tag: fields.optional_text("goods_tag", 32)?,
            openid: read_payer(channel, &fields)?,
            device_id: read_scene(channel, &fields)?,
            profit_sharing: read_profit_sharing(&fields)?,
            others: ["support_fapiao", "detail", "scene_info"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), body.get(name)?.clone())))
                .collect(),
        },
    })
}

fn read_total(fields: &Fields<'_>) -> Result<i64, Refusal> {
    let amount = fields.object("amount", &["total", "currency"])?;
    let total = amount.integer("total", 1, LARGEST_FEN)?;
    match amount.optional_text("currency", 16)?.as_deref() {
        None | Some("CNY") => Ok(total),
        Some(other) => {
            Err(Refusal::body(amount.pointer("currency"), format!("only CNY is possible, got {other:?}")))
        }
    }
}

/// The time until which it may be paid: at least a minute and at most 90 days away, whatever was asked for.
fn read_deadline(fields: &Fields<'_>, now_ms: i64) -> Result<i64, Refusal> {
    let Some(text) = fields.optional_text("time_expire", 64)? else {
        return Ok(now_ms.saturating_add(USUAL_LIFE_MS));
    };
    let asked_ms = parse_rfc3339(&text).ok_or_else(|| {
        Refusal::body(
            fields.pointer("time_expire"),
            format!("expected RFC 3339 such as 2026-01-01T08:00:00+08:00, got {text:?}"),
        )
    })?;
    Ok(asked_ms.clamp(now_ms.saturating_add(SHORTEST_LIFE_MS), now_ms.saturating_add(LONGEST_LIFE_MS)))
}

fn read_payer(channel: Channel, fields: &Fields<'_>) -> Result<Option<String>, Refusal> {
    let payer = fields.optional_object("payer", &["openid"])?;
    match (channel, payer) {
        (Channel::Jsapi, None) => Err(Refusal::OpenidMissing),
        (Channel::Jsapi, Some(payer)) => match payer.optional_text("openid", 128)? {
            Some(openid) if !openid.is_empty() => Ok(Some(openid)),
            _ => Err(Refusal::OpenidMissing),
        },
        (Channel::Native | Channel::H5, None) => Ok(None),
        (Channel::Native | Channel::H5, Some(_)) => Err(Refusal::ExtraField("/payer".to_owned())),
    }
}

/// Checks where the buyer is said to be; the answer is the device. H5 must say it, with the buyer's address
/// and the kind of page.
fn read_scene(channel: Channel, fields: &Fields<'_>) -> Result<Option<String>, Refusal> {
    let known = ["payer_client_ip", "device_id", "store_info", "h5_info"];
    let Some(scene) = fields.optional_object("scene_info", &known)? else {
        return match channel {
            Channel::H5 => Err(Refusal::body(fields.pointer("scene_info"), "is missing")),
            Channel::Native | Channel::Jsapi => Ok(None),
        };
    };
    let address = scene.text("payer_client_ip", 45)?;
    if address.parse::<std::net::IpAddr>().is_err() {
        return Err(Refusal::body(scene.pointer("payer_client_ip"), "must be an IP address"));
    }
    if let Some(store) = scene.optional_object("store_info", &["id", "name", "area_code", "address"])? {
        store.text("id", 32)?;
        store.optional_text("name", 256)?;
        store.optional_text("area_code", 32)?;
        store.optional_text("address", 512)?;
    }
    let known = ["type", "app_name", "app_url", "bundle_id", "package_name"];
    match (channel, scene.optional_object("h5_info", &known)?) {
        (Channel::H5, Some(h5)) => check_h5(&h5)?,
        (Channel::H5, None) => return Err(Refusal::body(scene.pointer("h5_info"), "is missing")),
        (Channel::Native | Channel::Jsapi, Some(_)) => {
            return Err(Refusal::ExtraField(scene.pointer("h5_info")));
        }
        (Channel::Native | Channel::Jsapi, None) => {}
    }
    scene.optional_text("device_id", 32)
}

fn check_h5(h5: &Fields<'_>) -> Result<(), Refusal> {
    let kind = h5.text("type", 32)?;
    if !["wap", "ios", "android"].contains(&kind.to_ascii_lowercase().as_str()) {
        return Err(Refusal::body(h5.pointer("type"), "must be Wap, iOS or Android"));
    }
    for (name, longest) in [("app_name", 64), ("app_url", 128), ("bundle_id", 128), ("package_name", 128)] {
        h5.optional_text(name, longest)?;
    }
    Ok(())
}

fn read_profit_sharing(fields: &Fields<'_>) -> Result<bool, Refusal> {
    match fields.optional_object("settle_info", &["profit_sharing"])? {
        Some(settle) => Ok(settle.optional_bool("profit_sharing")?.unwrap_or_default()),
        None => Ok(false),
    }
}

fn check_detail(fields: &Fields<'_>) -> Result<(), Refusal> {
    let known = ["cost_price", "invoice_id", "goods_detail"];
    let Some(detail) = fields.optional_object("detail", &known)? else { return Ok(()) };
    detail.optional_text("invoice_id", 32)?;
    let known = ["merchant_goods_id", "wechatpay_goods_id", "goods_name", "quantity", "unit_price"];
    for goods in detail.objects("goods_detail", &known)? {
        goods.text("merchant_goods_id", 32)?;
        goods.optional_text("goods_name", 256)?;
        goods.integer("quantity", 1, i64::from(i32::MAX))?;
        goods.integer("unit_price", 0, LARGEST_FEN)?;
    }
    Ok(())
}
