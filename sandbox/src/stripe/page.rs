//! How are lists cut into pages? (`limit`, `starting_after`, `ending_before`, `created`)

use serde_json::{Value, json};

use super::errors::Refusal;
use super::form::Params;
use super::objects::with_member;

const USUAL_LIMIT: i64 = 10;
const LARGEST_LIMIT: i64 = 100;

/// Which part of a list is wanted.
#[derive(Debug)]
pub(crate) struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
    created: Created,
}

/// A range of creation times in epoch seconds, both ends included.
#[derive(Debug, Clone, Copy)]
struct Created {
    from_s: i64,
    to_s: i64,
}

impl Page {
    /// Takes the parameters that all lists share.
    pub(crate) fn take(params: &mut Params) -> Result<Self, Refusal> {
        let limit = params.integer("limit")?.unwrap_or(USUAL_LIMIT);
        if !(1..=LARGEST_LIMIT).contains(&limit) {
            let message = format!("limit: expected 1 to {LARGEST_LIMIT}, got {limit}");
            return Err(Refusal::coded("parameter_invalid_integer", "limit", message));
        }
        let (starting_after, ending_before) = (params.text("starting_after")?, params.text("ending_before")?);
        if starting_after.is_some() && ending_before.is_some() {
            let message = "starting_after and ending_before: only one of the two";
            return Err(Refusal::coded("parameters_exclusive", "ending_before", message));
        }
        Ok(Self {
            limit: usize::try_from(limit).unwrap_or_default(),
            starting_after,
            ending_before,
            created: Created::take(params)?,
        })
    }

    /// The page out of all that fits, given by id in the order of creation; with whether there is more.
    pub(crate) fn cut<'a, T: Listed + 'a>(
        &self,
        oldest_first: impl DoubleEndedIterator<Item = (&'a String, &'a T)>,
    ) -> (Vec<&'a T>, bool) {
        let wanted = self.limit.saturating_add(1);
        let fits = |value: &T| (self.created.from_s..=self.created.to_s).contains(&value.created_s());
        let mut found: Vec<&T> = match &self.ending_before {
            Some(cursor) => oldest_first
                .filter(|(id, value)| *id > cursor && fits(value))
                .map(|(_, value)| value)
                .take(wanted)
                .collect(),
            None => oldest_first
                .rev()
                .filter(|(id, value)| {
                    self.starting_after.as_ref().is_none_or(|cursor| *id < cursor) && fits(value)
                })
                .map(|(_, value)| value)
                .take(wanted)
                .collect(),
        };
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        if self.ending_before.is_some() {
            found.reverse();
        }
        (found, has_more)
    }

    /// The cursor with its parameter: it has to be the id of something in the list.
    pub(crate) fn cursor(&self) -> Option<(&'static str, &str)> {
        let after = self.starting_after.as_deref().map(|id| ("starting_after", id));
        after.or_else(|| self.ending_before.as_deref().map(|id| ("ending_before", id)))
    }
}

/// What stands in a list.
pub(crate) trait Listed {
    /// When it was made, in epoch seconds of business time.
    fn created_s(&self) -> i64;
}

impl Created {
    /// `created=N` or `created[gt|gte|lt|lte]=N`.
    fn take(params: &mut Params) -> Result<Self, Refusal> {
        let mut range = Self { from_s: i64::MIN, to_s: i64::MAX };
        if params.peek("created").is_some() {
            let at_s = params.integer("created")?.unwrap_or_default();
            return Ok(Self { from_s: at_s, to_s: at_s });
        }
        let Some(mut bounds) = params.group("created")? else { return Ok(range) };
        for (name, plus) in [("gte", 0), ("gt", 1)] {
            if let Some(bound_s) = bounds.integer(name)? {
                range.from_s = range.from_s.max(bound_s.saturating_add(plus));
            }
        }
        for (name, minus) in [("lte", 0), ("lt", 1)] {
            if let Some(bound_s) = bounds.integer(name)? {
                range.to_s = range.to_s.min(bound_s.saturating_sub(minus));
            }
        }
        bounds.finish()?;
        Ok(range)
    }
}

/// A list as it is answered.
pub(crate) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    let list = json!({ "object": "list", "url": url, "has_more": has_more });
    with_member(list, "data", Value::Array(data))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Thing(i64);

    impl Listed for Thing {
        fn created_s(&self) -> i64 {
            self.0
        }
    }

    fn page(query: &str) -> (Vec<i64>, bool) {
        let things: BTreeMap<String, Thing> = (1..=5).map(|at| (format!("t_{at}"), Thing(at * 10))).collect();
        let mut params = Params::parse(query).unwrap();
        let page = Page::take(&mut params).unwrap();
        params.finish().unwrap();
        let (found, has_more) = page.cut(things.iter());
        (found.iter().map(|thing| thing.0).collect(), has_more)
    }

    #[test]
    fn the_newest_come_first_and_a_cursor_goes_on_where_the_page_ended() {
        assert_eq!(page("limit=2"), (vec![50, 40], true));
        assert_eq!(page("limit=2&starting_after=t_4"), (vec![30, 20], true));
        assert_eq!(page("limit=2&starting_after=t_2"), (vec![10], false));
        assert_eq!(page("limit=2&ending_before=t_2"), (vec![40, 30], true));
        assert_eq!(page("limit=3&ending_before=t_2"), (vec![50, 40, 30], false));
    }

    #[test]
    fn a_range_of_time_includes_what_it_says() {
        assert_eq!(page("created[gte]=20&created[lt]=40"), (vec![30, 20], false));
        assert_eq!(page("created[gt]=20&created[lte]=40"), (vec![40, 30], false));
        assert_eq!(page("created=30"), (vec![30], false));
    }

    #[test]
    fn limits_out_of_bounds_are_refused() {
        for wrong in ["limit=0", "limit=101", "limit=x", "starting_after=a&ending_before=b", "created[x]=1"] {
            assert!(Page::take(&mut Params::parse(wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
