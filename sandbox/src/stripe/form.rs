//! How are nested form parameters read? (`a[b][0][c]=v`, as body or as query)
//!
//! Names nest as Rack reads them: `[0]` and `[]` make lists, `[name]` makes groups. The parameters are kept as
//! a tree from which each call takes what it knows; what is left in the end is unknown and refused. So every
//! refusal can name the parameter exactly as the caller wrote it, which typed deserializers cannot.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::errors::Refusal;

/// Deeper nesting than any call of the API has.
const DEEPEST: usize = 8;
/// More parameters than 100 line items with all their texts have.
const MOST: usize = 5_000;

/// A parameter: a text, or more parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    Group(BTreeMap<String, Node>),
}

/// Parameters not yet taken, and where they stand in the whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    /// Empty at the top, otherwise such as `line_items[0]`.
    path: String,
    pub(super) nodes: BTreeMap<String, Node>,
}

impl Params {
    /// Reads a body or a query.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut nodes = BTreeMap::new();
        for (number, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            if number >= MOST {
                return Err(Refusal::invalid(format!("more than {MOST} parameters")));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let segments = segments(&name)
                .ok_or_else(|| Refusal::invalid(format!("{name}: the brackets do not match")).at(&*name))?;
            if !insert(&mut nodes, &segments, value) {
                return Err(Refusal::invalid(format!("{name}: given as a value and as a group")).at(name));
            }
        }
        Ok(Self { path: String::new(), nodes })
    }

    /// A parameter's name as the caller wrote it.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.path) }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.nodes.contains_key(name)
    }

    /// A text looked at and left where it is.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        match self.nodes.get(name)? {
            Node::Text(text) => Some(text),
            Node::Group(_) => None,
        }
    }

    /// Takes a text, empty or not.
    pub(super) fn raw(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.nodes.remove(name) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(Node::Group(_)) => {
                let path = self.path_of(name);
                Err(Refusal::invalid(format!("{path}: expected a value, got a group")).at(path))
            }
        }
    }

    /// Takes a group of parameters.
    pub(crate) fn group(&mut self, name: &str) -> Result<Option<Self>, Refusal> {
        let path = self.path_of(name);
        match self.nodes.remove(name) {
            None => Ok(None),
            Some(Node::Group(nodes)) => Ok(Some(Self { path, nodes })),
            Some(Node::Text(_)) => {
                Err(Refusal::invalid(format!("{path}: expected a group, got a value")).at(path))
            }
        }
    }

    /// The elements of a list in their order, with their indices; the indices are `0` and up.
    fn elements(&mut self, name: &str) -> Result<Vec<(String, Node)>, Refusal> {
        let Some(list) = self.group(name)? else { return Ok(Vec::new()) };
        let mut elements = Vec::new();
        for (index, node) in list.nodes {
            let number: usize = index
                .parse()
                .map_err(|_| Refusal::invalid(format!("{}: expected a list", list.path)).at(&*list.path))?;
            elements.push((number, index, node));
        }
        elements.sort_by_key(|(number, ..)| *number);
        Ok(elements.into_iter().map(|(_, index, node)| (index, node)).collect())
    }

    /// Takes a list of groups.
    pub(crate) fn groups(&mut self, name: &str) -> Result<Vec<Self>, Refusal> {
        let list = self.path_of(name);
        let element = |(index, node): (String, Node)| {
            let path = format!("{list}[{index}]");
            match node {
                Node::Group(nodes) => Ok(Self { path, nodes }),
                Node::Text(_) => Err(Refusal::invalid(format!("{path}: expected a group")).at(path)),
            }
        };
        self.elements(name)?.into_iter().map(element).collect()
    }

    /// Takes a list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        let list = self.path_of(name);
        let element = |(index, node): (String, Node)| match node {
            Node::Text(text) if !text.is_empty() => Ok(text),
            Node::Text(_) => Err(Refusal::empty(&format!("{list}[{index}]"))),
            Node::Group(_) => {
                let path = format!("{list}[{index}]");
                Err(Refusal::invalid(format!("{path}: expected a value")).at(path))
            }
        };
        self.elements(name)?.into_iter().map(element).collect()
    }

    /// Refuses what Stripe knows and the sandbox does not play.
    pub(crate) fn not_played(&self, names: &[&str]) -> Result<(), Refusal> {
        match names.iter().find(|name| self.has(name)) {
            Some(name) => Err(Refusal::not_played(&self.path_of(name))),
            None => Ok(()),
        }
    }

    /// Drops what changes nothing.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        self.nodes.retain(|name, _| !names.contains(&name.as_str()));
    }

    /// Refuses whatever nobody asked for.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.nodes.keys().next() {
            Some(name) => Err(Refusal::unknown_parameter(&self.path_of(name))),
            None => Ok(()),
        }
    }
}

fn decode(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Refusal::invalid("a parameter is not UTF-8"))
}

/// `a[b][0]` in its parts; `None` when the brackets do not match.
fn segments(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = match name.find('[') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let mut segments = vec![first];
    while !rest.is_empty() {
        let (segment, after) = rest.strip_prefix('[')?.split_once(']')?;
        if segment.contains('[') {
            return None;
        }
        segments.push(segment);
        rest = after;
    }
    (!first.is_empty() && segments.len() <= DEEPEST).then_some(segments)
}

/// Puts a value where its name says; false when that place is taken by another kind of thing. A name given
/// twice keeps its last value.
fn insert(nodes: &mut BTreeMap<String, Node>, segments: &[&str], value: String) -> bool {
    let Some((first, rest)) = segments.split_first() else { return false };
    let key = if first.is_empty() { next_index(nodes, rest.first().copied()) } else { (*first).to_owned() };
    if rest.is_empty() {
        return match nodes.get(&key) {
            Some(Node::Group(_)) => false,
            _ => nodes.insert(key, Node::Text(value)).is_none() || !first.is_empty(),
        };
    }
    match nodes.entry(key).or_insert_with(|| Node::Group(BTreeMap::new())) {
        Node::Group(inner) => insert(inner, rest, value),
        Node::Text(_) => false,
    }
}

/// The index that `[]` stands for: a new element, unless the last one is a group still without `child`.
fn next_index(nodes: &BTreeMap<String, Node>, child: Option<&str>) -> String {
    let last = nodes.len().saturating_sub(1).to_string();
    match (nodes.get(&last), child) {
        (Some(Node::Group(inner)), Some(child)) if !inner.contains_key(child) => last,
        _ => nodes.len().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_nest_as_written() {
        let mut params =
            Params::parse("line_items[1][quantity]=2&line_items[0][price_data][currency]=usd&mode=payment")
                .unwrap();
        assert_eq!(params.raw("mode").unwrap().as_deref(), Some("payment"));
        let mut items = params.groups("line_items").unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[1].raw("quantity").unwrap().as_deref(), Some("2"));
        let price = items[0].group("price_data").unwrap().unwrap();
        assert_eq!(price.path_of("currency"), "line_items[0][price_data][currency]");
        assert!(params.finish().is_ok());
    }

    #[test]
    fn empty_brackets_append_and_lists_keep_the_order_of_their_indices() {
        let mut params = Params::parse("expand[]=a&expand[]=b&x[10]=k&x[9]=j").unwrap();
        assert_eq!(params.texts("expand").unwrap(), ["a", "b"]);
        assert_eq!(params.texts("x").unwrap(), ["j", "k"]);
        let mut params = Params::parse("i[][p]=1&i[][q]=2&i[][p]=3").unwrap();
        let items = params.groups("i").unwrap();
        assert_eq!(
            (items[0].peek("p"), items[0].peek("q"), items[1].peek("p")),
            (Some("1"), Some("2"), Some("3"))
        );
    }

    #[test]
    fn percent_and_plus_are_decoded_and_only_utf_8_is_read() {
        let mut params = Params::parse("name=Rust+%E5%85%A5%E9%97%A8%2B&a%5Bb%5D=c").unwrap();
        assert_eq!(params.raw("name").unwrap().as_deref(), Some("Rust 入门+"));
        assert_eq!(params.group("a").unwrap().unwrap().peek("b"), Some("c"));
        assert!(Params::parse("name=%ff").is_err());
    }

    #[test]
    fn what_makes_no_tree_is_refused() {
        for wrong in ["a[b=1", "a]b=1", "a[b]c=1", "[a]=1", "a=1&a[b]=2", "a[b]=2&a=1", "a[b[c]]=1"] {
            let parsed = Params::parse(wrong);
            let unknown = parsed.and_then(|mut params| {
                params.raw("a")?;
                params.finish()
            });
            assert!(unknown.is_err(), "{wrong}");
        }
        let deep = format!("a{}=1", "[b]".repeat(20));
        assert!(Params::parse(&deep).is_err());
    }

    #[test]
    fn what_nobody_asked_for_is_named() {
        let refusal = Params::parse("who=1").unwrap().finish().unwrap_err();
        assert_eq!(refusal, Refusal::unknown_parameter("who"));
    }
}
