//! Who looks at which page? (its language, its address, and what it was asked to show)

use bytes::Bytes;
use http::Request;

use super::Lang;
use crate::desk::Moment;

/// One request for a page.
pub(super) struct Visit {
    pub(super) lang: Lang,
    pub(super) now: Moment,
    path: String,
    /// The filters in the address, apart from its language.
    filters: Pairs,
}

impl Visit {
    pub(super) fn of(request: &Request<Bytes>, now: Moment) -> Self {
        let mut filters = Pairs::read(request.uri().query().unwrap_or_default().as_bytes());
        filters.0.retain(|(name, _)| name != "lang");
        Self { lang: Lang::of(request), now, path: request.uri().path().to_owned(), filters }
    }

    /// The same visitor at another page without filters: where the answer to a form belongs.
    pub(super) fn at(&self, path: &str) -> Self {
        Self { lang: self.lang, now: self.now, path: path.to_owned(), filters: Pairs::default() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What the page is to show only.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        self.filters.get(name)
    }

    /// Another page in the same language; `path` may have a fragment.
    pub(super) fn link(&self, path: &str) -> String {
        let (path, fragment) = path.split_once('#').map_or((path, ""), |(path, rest)| (path, rest));
        address(path, &Pairs::default(), self.lang, fragment)
    }

    /// Another page in the same language that shows only `value`.
    pub(super) fn link_to(&self, path: &str, name: &str, value: &str) -> String {
        address(path, &Pairs::default().with(name, Some(value)), self.lang, "")
    }

    /// This page with one filter set or lifted.
    pub(super) fn with(&self, name: &str, value: Option<&str>) -> String {
        address(&self.path, &self.filters.with(name, value), self.lang, "")
    }

    /// This page in another language.
    pub(super) fn in_language(&self, lang: Lang) -> String {
        address(&self.path, &self.filters, lang, "")
    }
}

fn address(path: &str, filters: &Pairs, lang: Lang, fragment: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&filters.0)
        .append_pair("lang", lang.tag())
        .finish();
    match fragment {
        "" => format!("{path}?{query}"),
        _ => format!("{path}?{query}#{fragment}"),
    }
}

/// Names with values, as forms and queries carry them.
#[derive(Debug, Default, Clone)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(super) fn read(urlencoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(urlencoded).into_owned().collect())
    }

    /// The first value of this name that is not blank.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.trim())
            .find(|value| !value.is_empty())
    }

    fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut pairs = self.clone();
        pairs.0.retain(|(other, _)| other != name);
        pairs.0.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(address: &str) -> Visit {
        let request = Request::get(address).body(Bytes::new()).unwrap();
        Visit::of(&request, Moment { real_ms: 0, business_ms: 0 })
    }

    #[test]
    fn a_page_keeps_its_filters_when_one_of_them_or_the_language_changes() {
        let visit = visit("/payments?lang=en&gateway=alipay&merchant=m1");
        assert_eq!(visit.in_language(Lang::Zh), "/payments?gateway=alipay&merchant=m1&lang=zh");
        assert_eq!(visit.with("gateway", None), "/payments?merchant=m1&lang=en");
        assert_eq!(visit.with("gateway", Some("a&b")), "/payments?merchant=m1&gateway=a%26b&lang=en");
    }

    #[test]
    fn a_link_keeps_the_language_and_its_fragment() {
        assert_eq!(visit("/?lang=en").link("/faults#arm"), "/faults?lang=en#arm");
    }

    #[test]
    fn a_blank_field_is_none() {
        let form = Pairs::read(b"number=+&number=N%201&percent=");
        assert_eq!((form.get("number"), form.get("percent"), form.get("times")), (Some("N 1"), None, None));
    }
}
