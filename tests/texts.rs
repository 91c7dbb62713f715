//! Both languages of the page say the same things, with the same places to fill in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of `www` that hold `en.js` and `zh-CN.js`.
const PARTS: [&str; 4] = ["texts", "boards", "decisions", "networks"];

fn www() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("www")
}

/// The texts of a file by their keys. A file of texts is one object of plain strings, an entry a line; a long one may stand on
/// a line of its own.
fn texts(path: &Path) -> BTreeMap<String, String> {
    let source = fs::read_to_string(path).unwrap().replace(":\n", ": ");
    let (_, body) = source.split_once("export default {").expect("an object");
    let (body, _) = body.rsplit_once("};").expect("its end");
    let mut found = BTreeMap::new();
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, text) = line.split_once(": ").expect(line);
        let text = text.trim().strip_suffix(',').expect(line);
        let text: String = serde_json::from_str(text).expect(line);
        let twice = found.insert(key.trim_matches('"').to_owned(), text);
        assert!(twice.is_none(), "{key} stands twice in {}", path.display());
    }
    assert!(found.len() > 20, "{}", path.display());
    found
}

/// The names in braces.
fn places(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_places() {
    for part in PARTS {
        let folder = www().join(part);
        let [english, chinese] = ["en.js", "zh-CN.js"].map(|name| texts(&folder.join(name)));
        let keys = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&english), keys(&chinese), "{part}");
        for (key, text) in &english {
            let other = &chinese[key];
            assert_eq!(places(text), places(other), "{part}: {key}");
            assert!(
                !text.trim().is_empty() && !other.trim().is_empty(),
                "{part}: {key}"
            );
        }
    }
}

/// No file of texts is left out above.
#[test]
fn every_part_with_texts_is_looked_at() {
    let folders = fs::read_dir(www()).unwrap().map(|entry| entry.unwrap());
    let mut with_texts: Vec<String> = folders
        .filter(|folder| folder.path().join("en.js").is_file())
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect();
    with_texts.sort();
    let mut parts = PARTS;
    parts.sort_unstable();
    assert_eq!(with_texts, parts);
}

/// What the page says before its scripts run is what it says afterwards.
#[test]
fn the_static_page_has_the_words_of_the_english_texts() {
    let english = texts(&www().join("texts/en.js"));
    let html = fs::read_to_string(www().join("../index.html")).unwrap();
    let mut seen = 0;
    for part in html.split("data-t=\"").skip(1) {
        let (key, rest) = part.split_once('"').unwrap();
        let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
        assert_eq!(english[key], text, "{key}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}
