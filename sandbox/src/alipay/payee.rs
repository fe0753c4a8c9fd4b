//! To whom can money be transferred? (the accounts this sandbox knows)

use serde_json::{Map, Value, json};

use super::errors::Fault;
use super::fields::{optional, required};

/// An account that can receive money, under all its names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Payee {
    pub(crate) user_id: &'static str,
    pub(crate) logon_id: &'static str,
    pub(crate) open_id: &'static str,
    pub(crate) name: &'static str,
}

/// The same in every sandbox, so that examples can name them. Everybody else does not exist.
const PAYEES: [Payee; 3] = [
    Payee {
        user_id: "2088000000000017",
        logon_id: "lihua@sandbox.example",
        open_id: "0a17LiHuaOfTheSandbox0000000001",
        name: "李华",
    },
    Payee {
        user_id: "2088000000000025",
        logon_id: "13800000000",
        open_id: "0a25HanMeimeiOfTheSandbox000001",
        name: "韩梅梅",
    },
    Payee {
        user_id: "2088000000000033",
        logon_id: "studio@sandbox.example",
        open_id: "0a33MochiStudioOfTheSandbox0001",
        name: "墨池文化工作室",
    },
];

impl Payee {
    /// For config.json.
    pub(crate) fn all_json() -> Value {
        let payee = |payee: &Payee| {
            json!({
                "ALIPAY_USER_ID": payee.user_id,
                "ALIPAY_LOGON_ID": payee.logon_id,
                "ALIPAY_OPEN_ID": payee.open_id,
                "name": payee.name,
            })
        };
        PAYEES.iter().map(payee).collect()
    }

    /// The account `payee_info` means. A name, if given, must be its owner's; with a logon id one must be
    /// given.
    pub(crate) fn read(info: &Map<String, Value>) -> Result<&'static Self, Fault> {
        let identity = required(info, "identity", 64)?;
        let identity_type = required(info, "identity_type", 64)?;
        let name = optional(info, "name", 128)?;
        let of: fn(&Self) -> &str = match identity_type.as_str() {
            "ALIPAY_USER_ID" => |payee| payee.user_id,
            "ALIPAY_LOGON_ID" => |payee| payee.logon_id,
            "ALIPAY_OPEN_ID" => |payee| payee.open_id,
            other => return Err(Fault::Parameter(format!("payee_info.identity_type: got {other:?}"))),
        };
        if identity_type == "ALIPAY_LOGON_ID" && name.is_none() {
            return Err(Fault::Parameter("payee_info.name is missing (ALIPAY_LOGON_ID needs it)".to_owned()));
        }
        match PAYEES.iter().find(|payee| of(payee) == identity) {
            None => Err(Fault::NoSuchPayee(identity)),
            Some(payee) if name.is_some_and(|name| name != payee.name) => Err(Fault::OtherPayeeName),
            Some(payee) => Ok(payee),
        }
    }
}
