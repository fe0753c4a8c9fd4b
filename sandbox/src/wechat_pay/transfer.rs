//! What is a transfer to somebody's WeChat balance, and how does it end?
//!
//! The merchant asks, the receiver confirms inside WeChat, the money moves. Until the confirmation the
//! merchant may take it back. All times are business time.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::errors::Refusal;
use super::fields::Fields;
use super::time::rfc3339;

/// The least that can be sent.
const LEAST_FEN: i64 = 10;
/// Below this a name may not be given.
const NAME_ALLOWED_FROM_FEN: i64 = 30;
/// From here on a name must be given.
const NAME_NEEDED_FROM_FEN: i64 = 200_000;
/// How long the receiver may take to confirm. The real figure is not published; a day is what merchants see.
pub(crate) const CONFIRMABLE_FOR_MS: i64 = 24 * 60 * 60 * 1000;

/// What has to stay the same when a number is used again. The encrypted name differs with each encryption,
/// so the name itself is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransferContents {
    pub(crate) appid: String,
    pub(crate) transfer_scene_id: String,
    pub(crate) openid: String,
    pub(crate) user_name: Option<String>,
    pub(crate) fen: i64,
    pub(crate) remark: String,
    pub(crate) notify_url: Option<String>,
    user_recv_perception: Option<String>,
    reports: Vec<(String, String)>,
}

/// A request that holds together.
#[derive(Debug)]
pub(crate) struct TransferRequest {
    pub(crate) out_bill_no: String,
    pub(crate) contents: TransferContents,
}

/// Reads the body of `POST /v3/fund-app/mch-transfer/transfer-bills`; `decrypt` opens the encrypted name.
pub(crate) fn read_transfer(
    body: &Map<String, Value>,
    decrypt: impl Fn(&str) -> Result<String, Refusal>,
) -> Result<TransferRequest, Refusal> {
    let known = [
        "appid",
        "out_bill_no",
        "transfer_scene_id",
        "openid",
        "user_name",
        "transfer_amount",
        "transfer_remark",
        "notify_url",
        "user_recv_perception",
        "transfer_scene_report_infos",
    ];
    let fields = Fields::whole(body, &known)?;
    let fen = fields.integer("transfer_amount", LEAST_FEN, super::creation::LARGEST_FEN)?;
    let transfer_scene_id = fields.number("transfer_scene_id", 4, 36, "")?;
    Ok(TransferRequest {
        out_bill_no: fields.number("out_bill_no", 1, 32, "")?,
        contents: TransferContents {
            appid: fields.text("appid", 32)?,
            openid: fields.text("openid", 64)?,
            user_name: read_name(&fields, fen, decrypt)?,
            fen,
            remark: fields.text("transfer_remark", 32)?,
            notify_url: fields.optional_callback_url("notify_url")?,
            user_recv_perception: fields.optional_text("user_recv_perception", 32)?,
            reports: read_reports(&fields, &transfer_scene_id)?,
            transfer_scene_id,
        },
    })
}

fn read_name(
    fields: &Fields<'_>,
    fen: i64,
    decrypt: impl Fn(&str) -> Result<String, Refusal>,
) -> Result<Option<String>, Refusal> {
    let issue = match fields.optional_text("user_name", 2048)? {
        None if fen >= NAME_NEEDED_FROM_FEN => "must be given from 2000.00 yuan on",
        None => return Ok(None),
        Some(_) if fen < NAME_ALLOWED_FROM_FEN => "may not be given below 0.30 yuan",
        Some(sealed) => return decrypt(&sealed).map(Some),
    };
    Err(Refusal::body(fields.pointer("user_name"), issue))
}

/// What each scene has to report, as far as its documentation is known here.
fn demanded_reports(scene: &str) -> &'static [&'static str] {
    match scene {
        "1000" => &["活动名称", "奖励说明"],
        "1005" => &["岗位类型", "报酬说明"],
        _ => &[],
    }
}

fn read_reports(fields: &Fields<'_>, scene: &str) -> Result<Vec<(String, String)>, Refusal> {
    let name = "transfer_scene_report_infos";
    let mut reports = Vec::new();
    for report in fields.objects(name, &["info_type", "info_content"])? {
        reports.push((report.text("info_type", 15)?, report.text("info_content", 32)?));
    }
    if reports.is_empty() {
        return Err(Refusal::body(fields.pointer(name), "is missing"));
    }
    match demanded_reports(scene).iter().find(|demanded| reports.iter().all(|(kind, _)| kind != *demanded)) {
        Some(demanded) => Err(Refusal::InvalidRequest(format!(
            "transfer_scene_report_infos: scene {scene} needs info_type {demanded}"
        ))),
        None => Ok(reports),
    }
}

/// Where a transfer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TransferLife {
    WaitUserConfirm,
    Success,
    Fail {
        reason: String,
    },
    /// Asked to be taken back; done the next time somebody looks.
    Canceling,
    Cancelled,
}

impl TransferLife {
    pub(crate) fn state(&self) -> &'static str {
        match self {
            Self::WaitUserConfirm => "WAIT_USER_CONFIRM",
            Self::Success => "SUCCESS",
            Self::Fail { .. } => "FAIL",
            Self::Canceling => "CANCELING",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// A transfer to one person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transfer {
    /// The secret part of the confirmation page's address.
    pub(crate) token: String,
    pub(crate) mchid: String,
    pub(crate) out_bill_no: String,
    pub(crate) transfer_bill_no: String,
    pub(crate) package_info: String,
    pub(crate) contents: TransferContents,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
    /// When the receiver last went away without confirming.
    pub(crate) left_at_ms: Option<i64>,
    pub(crate) life: TransferLife,
}

impl Transfer {
    /// Until when the receiver may confirm.
    pub(crate) fn expires_at_ms(&self) -> i64 {
        self.created_at_ms.saturating_add(CONFIRMABLE_FOR_MS)
    }

    /// What it keeps from other uses or has sent.
    pub(crate) fn taken_fen(&self) -> i64 {
        match self.life {
            TransferLife::WaitUserConfirm | TransferLife::Canceling | TransferLife::Success => {
                self.contents.fen
            }
            TransferLife::Fail { .. } | TransferLife::Cancelled => 0,
        }
    }

    /// When time alone changes it next.
    pub(crate) fn next_change_ms(&self) -> Option<i64> {
        match self.life {
            TransferLife::WaitUserConfirm => Some(self.expires_at_ms()),
            TransferLife::Canceling => Some(self.updated_at_ms),
            _ => None,
        }
    }

    /// Does what time alone does: finishes what is being taken back, gives up what nobody confirmed.
    pub(crate) fn settle(&mut self, now_ms: i64) {
        let due = self.next_change_ms().filter(|due_ms| *due_ms <= now_ms);
        let Some(due_ms) = due else { return };
        self.life = match self.life {
            TransferLife::Canceling => TransferLife::Cancelled,
            _ => TransferLife::Fail { reason: "OVERDUE_CLOSE".to_owned() },
        };
        self.updated_at_ms = due_ms;
    }

    pub(crate) fn set(&mut self, life: TransferLife, now_ms: i64) {
        self.life = life;
        self.updated_at_ms = now_ms;
    }

    /// The answer to its creation.
    pub(crate) fn created_answer(&self) -> Value {
        let mut answer = json!({
            "out_bill_no": self.out_bill_no,
            "transfer_bill_no": self.transfer_bill_no,
            "create_time": rfc3339(self.created_at_ms),
            "state": self.life.state(),
        });
        if let (TransferLife::WaitUserConfirm, Some(members)) = (&self.life, answer.as_object_mut()) {
            members.insert("package_info".to_owned(), json!(self.package_info));
        }
        answer
    }

    /// The answer to a request to take it back.
    pub(crate) fn cancel_answer(&self) -> Value {
        json!({
            "out_bill_no": self.out_bill_no,
            "transfer_bill_no": self.transfer_bill_no,
            "state": self.life.state(),
            "update_time": rfc3339(self.updated_at_ms),
        })
    }

    /// The answer of a query.
    pub(crate) fn answer(&self) -> Value {
        let mut answer = self.resource();
        if let Some(members) = answer.as_object_mut() {
            members.insert("appid".to_owned(), json!(self.contents.appid));
            members.insert("transfer_remark".to_owned(), json!(self.contents.remark));
        }
        answer
    }

    /// What the callback about its end says.
    pub(crate) fn resource(&self) -> Value {
        let mut resource = json!({
            "mch_id": self.mchid,
            "out_bill_no": self.out_bill_no,
            "transfer_bill_no": self.transfer_bill_no,
            "state": self.life.state(),
            "transfer_amount": self.contents.fen,
            "openid": self.contents.openid,
            "create_time": rfc3339(self.created_at_ms),
            "update_time": rfc3339(self.updated_at_ms),
        });
        if let (TransferLife::Fail { reason }, Some(members)) = (&self.life, resource.as_object_mut()) {
            members.insert("fail_reason".to_owned(), json!(reason));
        }
        resource
    }
}
