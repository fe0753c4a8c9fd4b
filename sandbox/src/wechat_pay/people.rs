//! Who pays, and by which openid does an application know them?
//!
//! A handful of people live in the sandbox. Their openid follows from person and application, as with the
//! real WeChat: the same person has another one in every application.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::sha2::{Digest as _, Sha256};

/// Someone with WeChat on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    /// What the consent page calls them.
    pub(crate) nickname: &'static str,
    /// The name on their identity card, which a transfer may ask for.
    pub(crate) real_name: &'static str,
}

/// The first one is logged in where nobody is asked.
pub(crate) const PEOPLE: [Person; 3] = [
    Person { nickname: "小林", real_name: "林晓晨" },
    Person { nickname: "阿珍", real_name: "陈美珍" },
    Person { nickname: "Robin", real_name: "罗斌" },
];

impl Person {
    /// 28 characters starting with `o`, as real ones.
    pub(crate) fn openid(&self, appid: &str) -> String {
        let digest =
            Sha256::new().chain_update(appid).chain_update([0]).chain_update(self.nickname).finalize();
        let text = URL_SAFE_NO_PAD.encode(digest);
        format!("o{}", text.chars().take(27).collect::<String>())
    }

    /// Who has this openid in this application.
    pub(crate) fn behind(openid: &str, appid: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.openid(appid) == openid)
    }
}

/// The openid of whoever pays where the merchant names nobody.
pub(crate) fn usual_buyer(appid: &str) -> String {
    PEOPLE.first().map(|person| person.openid(appid)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openid_belongs_to_one_person_in_one_application() {
        let openid = PEOPLE[1].openid("wx1");
        assert_eq!(openid.len(), 28);
        assert_eq!(Person::behind(&openid, "wx1"), Some(&PEOPLE[1]));
        assert_eq!(Person::behind(&openid, "wx2"), None);
    }
}
