//! The means by which tests use the page as a person does: a served copy of the finished site and a real browser.
//!
//! [`scenario`] is the way in: it opens the page, runs the test, and then fails it if the browser reported any error
//! or anything was requested from elsewhere, whatever the test itself looked at.

pub mod acts;
pub mod axe;
pub mod driver;
pub mod names;
pub mod page;
pub mod served;

pub use page::{Page, Setting, scenario};
