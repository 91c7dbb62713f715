//! Links and project files: what is written is read, and nothing hostile gets further than a clear sentence.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use qcart::experiment::parameters::{Domain, Settings, Value, parameters};
use qcart::experiment::{Experiment, Source, VERSION, known, link, project};
use qcart::log::ImportOptions;

fn experiment(settings: Settings) -> Experiment {
    Experiment {
        engine: VERSION.to_owned(),
        source: Source::Generated,
        options: ImportOptions::default(),
        problem: "shop".to_owned(),
        settings,
        changes: Vec::new(),
        stop: None,
        outcome: None,
        ranking: None,
        findings: Vec::new(),
    }
}

/// Any valid value of any parameter.
fn any_settings() -> impl Strategy<Value = Settings> {
    let values: Vec<_> = parameters()
        .map(|parameter| {
            let value = match parameter.domain {
                Domain::Number { min, max, .. } => (min..=max).prop_map(Value::Number).boxed(),
                Domain::Integer { min, max, .. } => (min..=max)
                    .prop_map(|whole| Value::Number(f64::from(whole)))
                    .boxed(),
                Domain::Choice { options } => prop::sample::select(options.to_vec())
                    .prop_map(|o| Value::Choice(o.key.to_owned()))
                    .boxed(),
                Domain::Flag { .. } => any::<bool>().prop_map(Value::Flag).boxed(),
                Domain::List {
                    min, max, longest, ..
                } => prop::collection::vec(min..=max, 1..=longest as usize)
                    .prop_map(|list| {
                        let words: Vec<_> = list.iter().map(f64::to_string).collect();
                        Value::Choice(words.join(", "))
                    })
                    .boxed(),
                Domain::Text { longest, .. } => {
                    prop::collection::vec(prop::char::range(' ', '龟'), 0..=longest as usize)
                        .prop_map(|text| text.into_iter().filter(|c| !c.is_control()))
                        .prop_map(|text| Value::Choice(text.collect()))
                        .boxed()
                }
            };
            value.prop_map(move |value| (parameter.key.to_owned(), value))
        })
        .collect();
    values.prop_map(|pairs| {
        Settings::from_values(&pairs.into_iter().collect::<BTreeMap<_, _>>()).unwrap()
    })
}

proptest! {
    #[test]
    fn every_experiment_survives_its_link_and_its_project_file(settings in any_settings()) {
        let written = experiment(settings);
        let text = link::write(&written).unwrap();
        prop_assert_eq!(&link::read(&text).unwrap(), &written);
        prop_assert_eq!(&link::write(&link::read(&text).unwrap()).unwrap(), &text);
        prop_assert_eq!(&project::read(&project::write(&written).unwrap()).unwrap(), &written);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = link::read(&text);
        let _ = link::read(&format!("v1.{text}"));
        let _ = project::read(&text);
    }

    #[test]
    fn no_damage_changes_the_meaning(place in 0usize..1_000, byte in b'0'..b'z') {
        let written = experiment(Settings::default());
        let mut bytes = link::write(&written).unwrap().into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        // The checksum lets no damage change the meaning; the last characters may have bits that mean nothing.
        if let Ok(read) = link::read(&String::from_utf8(bytes).unwrap()) {
            prop_assert_eq!(read, written);
        }
    }
}

#[test]
fn a_link_cut_off_anywhere_is_refused() {
    let text = link::write(&experiment(Settings::default())).unwrap();
    for end in 0..text.len() {
        assert!(
            link::read(&text[..end]).is_err(),
            "cut after {end} of {} characters",
            text.len()
        );
    }
}

#[test]
fn a_link_is_read_from_a_whole_address() {
    let written = experiment(Settings::default());
    let text = link::write(&written).unwrap();
    let address = format!("  https://shop.example/some/sub/path/?lang=zh#{text}\n");
    assert_eq!(link::read(&address).unwrap(), written);
}

#[test]
fn a_link_uses_only_characters_that_survive_being_pasted() {
    let text = link::write(&experiment(Settings::default())).unwrap();
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    assert!(text.chars().all(safe), "{text}");
    assert!(
        text.len() < 2_000,
        "an ordinary link is short: {} characters",
        text.len()
    );
}

#[test]
fn a_later_version_is_told_apart_from_damage() {
    assert_eq!(link::read("#v2.abc").unwrap_err().code, "link.version");
    assert_eq!(link::read("#v17.").unwrap_err().code, "link.version");
    assert_eq!(link::read("#v1.!!!").unwrap_err().code, "link.damaged");
    assert_eq!(link::read("#about").unwrap_err().code, "link.none");
    assert_eq!(link::read("").unwrap_err().code, "link.none");
}

#[test]
fn a_link_that_is_too_long_is_refused() {
    let long = format!("v1.{}", "A".repeat(link::LONGEST + 1));
    assert_eq!(link::read(&long).unwrap_err().code, "link.long");
}

fn edited(change: impl Fn(&mut serde_json::Value)) -> String {
    let json = experiment(Settings::default()).to_json().unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    change(&mut value);
    format!("v1.{}", link::pack(value.to_string().as_bytes()))
}

#[test]
fn every_value_is_checked_against_the_parameter_table() {
    let refused = |key: &str, value: serde_json::Value| {
        let text = edited(|json| json["settings"][key] = value.clone());
        link::read(&text).unwrap_err().code
    };
    assert_eq!(refused("gamma", 1.5.into()), "parameter.range");
    assert_eq!(refused("gamma", "much".into()), "parameter.range");
    assert_eq!(refused("order", 1.5.into()), "parameter.range");
    assert_eq!(refused("algorithm", "sarsa".into()), "parameter.range");
    assert_eq!(refused("turbo", 1.into()), "parameter.unknown");
}

#[test]
fn the_problem_names_the_parameter_the_value_and_the_range() {
    let text = edited(|json| json["settings"]["gamma"] = 1.5.into());
    let problem = link::read(&text).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "Discount γ can't be 1.5. Allowed: 0 … 1."
    );
}

#[test]
fn unknown_parts_and_impossible_changes_are_refused() {
    let code = |text: String| link::read(&text).unwrap_err().code;
    assert_eq!(
        code(edited(|json| json["surprise"] = 1.into())),
        "link.content"
    );
    assert_eq!(
        code(edited(
            |json| json["source"] = serde_json::json!({"type": "cloud"})
        )),
        "link.content"
    );
    let change = serde_json::json!([{"run": 0, "step": 5, "key": "order", "value": 1.0}]);
    assert_eq!(
        code(edited(|json| json["changes"] = change.clone())),
        "link.change"
    );
}

/// What is not there in this version, or can't be unpacked, is refused before anything is opened.
#[test]
fn what_no_version_of_the_page_has_is_refused() {
    for (path, value, right) in [
        ("problem", serde_json::json!("chess"), "link.unknown"),
        (
            "source",
            serde_json::json!({"type": "sample", "id": "nope"}),
            "link.unknown",
        ),
        (
            "source",
            serde_json::json!({"type": "inline", "name": "x.csv", "data": "AAAA"}),
            "link.damaged",
        ),
    ] {
        let text = edited(|json| json[path] = value.clone());
        assert_eq!(link::read(&text).unwrap_err().code, right, "{path} {value}");
    }
    let gap = edited(|json| json["options"]["sessionGapMinutes"] = serde_json::json!(-5.0));
    assert_eq!(link::read(&gap).unwrap_err().code, "parameter.range");
}

/// What may be named is what there is.
#[test]
fn every_problem_and_sample_can_be_named() {
    let mut there: Vec<String> = qcart::lab::problems::problems()
        .into_iter()
        .map(|one| one.id.to_owned())
        .collect();
    let mut named: Vec<String> = known::PROBLEMS.iter().map(|id| (*id).to_owned()).collect();
    there.sort();
    named.sort();
    assert_eq!(named, there);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("www");
    let page = std::fs::read_to_string(root.join("samples.js")).unwrap();
    for (id, file) in known::SAMPLES {
        assert!(root.join("samples").join(file).is_file(), "{file}");
        let entry = format!("{{ id: \"{id}\", file: \"{file}\" }}");
        assert!(page.contains(&entry), "{entry}");
    }
    // One more is the generated shop, which is no file.
    assert_eq!(page.matches("{ id:").count(), known::SAMPLES.len() + 1);
}

#[test]
fn a_project_of_a_later_version_or_another_program_is_told_apart() {
    assert_eq!(
        project::read("{\"qcart\":2,\"experiment\":{}}")
            .unwrap_err()
            .code,
        "project.version"
    );
    assert_eq!(
        project::read("{\"name\":\"x\"}").unwrap_err().code,
        "project.none"
    );
    assert_eq!(
        project::read("user,item\n1,2\n").unwrap_err().code,
        "project.none"
    );
}

/// Links that people have: each must be read for ever, into exactly the experiment stored beside it.
#[test]
fn the_corpus_of_links_stays_readable() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/links");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let text = std::fs::read_to_string(&path).unwrap();
            let stored = std::fs::read_to_string(path.with_extension("json")).unwrap();
            let stored = Experiment::from_json(&stored).unwrap();
            assert_eq!(link::read(&text).unwrap(), stored, "{}", path.display());
            read += 1;
        }
    }
    assert!(read >= 14, "only {read} links in the corpus");
}

/// The links of the corpus whose log is at hand still come to what they promise, to the bit.
#[test]
fn the_corpus_of_links_is_repeated_to_the_bit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = Vec::new();
    for entry in std::fs::read_dir(root.join("tests/fixtures/links")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            links.push(path);
        }
    }
    let repeated = links.iter().filter(|path| {
        let experiment = link::read(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut runner = Command::new(env!("CARGO_BIN_EXE_qcart"));
        runner.arg("run").arg(path).arg("--json");
        match &experiment.source {
            Source::File { .. } => return false,
            Source::Sample { id } => {
                runner
                    .arg("--log")
                    .arg(root.join(format!("www/samples/{id}.csv")));
            }
            _ => {}
        }
        let output = runner.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}: {told}", path.display());
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["verdict"]["reproduced"], true, "{}", path.display());
        true
    });
    assert!(repeated.count() >= 13);
}

#[test]
fn the_parameter_table_has_distinct_keys_and_valid_defaults() {
    let mut keys: Vec<_> = parameters().map(|parameter| parameter.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), parameters().count());
    for parameter in parameters() {
        parameter.check(&parameter.default_value()).unwrap();
        for words in [parameter.label, parameter.help] {
            assert!(
                !words.en.is_empty() && !words.zh.is_empty(),
                "{}",
                parameter.key
            );
        }
    }
}
