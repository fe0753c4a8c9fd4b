//! Which courses does the school offer, and what is in them?
//!
//! Prices are not here: Coursepay has them, and whoever shows one asks there.

use serde::Deserialize;

use crate::text::Language;

/// A text in both of the site's languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Bilingual<T> {
    zh: T,
    en: T,
}

impl<T> Bilingual<T> {
    pub(crate) fn say(&self, language: Language) -> &T {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

/// A course; its id is also its product id at Coursepay.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Course {
    pub(crate) id: String,
    pub(crate) title: Bilingual<String>,
    pub(crate) creator: Creator,
    pub(crate) level: Bilingual<String>,
    pub(crate) summary: Bilingual<String>,
    pub(crate) description: Bilingual<Vec<String>>,
    pub(crate) lessons: Vec<Lesson>,
}

/// Who teaches it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Creator {
    pub(crate) name: Bilingual<String>,
    pub(crate) role: Bilingual<String>,
}

/// One lesson; lessons are numbered from 1.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Lesson {
    pub(crate) title: Bilingual<String>,
    pub(crate) minutes: u32,
    pub(crate) body: Bilingual<Vec<String>>,
}

impl Course {
    /// Lesson `number`, counted from 1.
    pub(crate) fn lesson(&self, number: usize) -> Option<&Lesson> {
        self.lessons.get(number.checked_sub(1)?)
    }

    pub(crate) fn minutes(&self) -> u32 {
        self.lessons.iter().fold(0, |sum, lesson| sum.saturating_add(lesson.minutes))
    }
}

/// Every course, in the order in which they are shown.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Catalogue {
    pub(crate) courses: Vec<Course>,
}

impl Catalogue {
    /// The catalogue that is compiled in.
    ///
    /// # Errors
    /// It is not well-formed, which a test rules out.
    pub(crate) fn bundled() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("catalogue.json"))
    }

    pub(crate) fn course(&self, id: &str) -> Option<&Course> {
        self.courses.iter().find(|course| course.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_catalogue_is_complete() {
        let catalogue = Catalogue::bundled().unwrap();
        let ids: Vec<_> = catalogue.courses.iter().map(|course| course.id.as_str()).collect();
        assert_eq!(ids, ["rust-101", "ink-painting", "ledger-design"]);
        for course in &catalogue.courses {
            assert!(crate::routes::has_cover(&course.id), "{} has no cover", course.id);
            assert!(!course.lessons.is_empty());
            for lesson in &course.lessons {
                assert!(!lesson.body.zh.is_empty() && lesson.body.zh.len() == lesson.body.en.len());
            }
        }
        assert!(catalogue.courses[0].lesson(0).is_none());
        assert!(catalogue.courses[0].lesson(1).is_some());
        assert!(catalogue.courses[0].lesson(7).is_none());
    }
}
