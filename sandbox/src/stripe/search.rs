//! Which objects does a search query mean? (docs.stripe.com/search#search-query-language)
//!
//! Clauses of the form `field:"value"` and `metadata["key"]:"value"`, joined by `AND`. What the language
//! knows besides (`OR`, `-`, `~`, `>`) is refused, so that nobody believes it was understood.

use super::errors::Refusal;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    /// `metadata["key"]:"value"`
    Metadata { key: String, value: String },
    /// `status:"succeeded"`
    Field { name: String, value: String },
}

/// Reads a query; at least one clause, at most ten.
pub(crate) fn parse(query: &str) -> Result<Vec<Clause>, Refusal> {
    let refuse = || {
        let message = format!(
            "query: expected clauses such as metadata[\"key\"]:\"value\" joined by AND, got {query:?}"
        );
        Refusal::invalid(message).at("query")
    };
    let mut clauses = Vec::new();
    let mut rest = query.trim_start();
    loop {
        let (clause, after) = clause(rest).ok_or_else(refuse)?;
        clauses.push(clause);
        rest = match after.trim_start() {
            "" => break,
            more => more.strip_prefix("AND ").ok_or_else(refuse)?.trim_start(),
        };
    }
    if clauses.len() > 10 { Err(refuse()) } else { Ok(clauses) }
}

/// The first clause, and what follows it.
fn clause(text: &str) -> Option<(Clause, &str)> {
    if let Some(rest) = text.strip_prefix("metadata[") {
        let (key, rest) = quoted(rest)?;
        let (value, rest) = quoted(rest.strip_prefix("]:")?)?;
        return Some((Clause::Metadata { key, value }, rest));
    }
    let (name, rest) = text.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let (value, rest) = quoted(rest).filter(|_| is_name)?;
    Some((Clause::Field { name: name.to_owned(), value }, rest))
}

/// A text in single or double quotes, a backslash before a quote inside, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.push(letters.next()?.1),
            letter if letter == quote => return Some((value, text.get(at.saturating_add(1)..)?)),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_read_with_either_quote() {
        let metadata =
            |key: &str, value: &str| Clause::Metadata { key: key.to_owned(), value: value.to_owned() };
        let status = Clause::Field { name: "status".to_owned(), value: "succeeded".to_owned() };
        assert_eq!(parse(r#"metadata["order"]:"A 1""#).ok(), Some(vec![metadata("order", "A 1")]));
        assert_eq!(
            parse(r#" status:'succeeded' AND metadata['it\'s']:'水墨' "#).ok(),
            Some(vec![status, metadata("it's", "水墨")])
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "",
            "status",
            "status:succeeded",
            "amount>100",
            r#"-status:"succeeded""#,
            r#"status:"a" OR status:"b""#,
            r#"metadata["a"]:"b"#,
            r#"metadata[a]:"b""#,
            r#"status:"a"status:"b""#,
            "status:\"\\",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
