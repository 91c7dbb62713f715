//! The ranking board on real logs: `QCART_DATA=DIR cargo bench --bench ranking -- [DATASET[,..]] [MODEL[:name=value..][,..]]`.
//! Prints one `BENCH` line for each data set and model; data sets that are not there are named as skipped.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use qcart::behaviour::{Choice, History, Sessions, Watch};
use qcart::evaluate::{Metric, Run, Segment, Split, build, models};
use qcart::log::EventType;

/// Where the sessions to predict come from.
enum Test {
    /// A file of their own.
    File(&'static str),
    /// So many of the newest sessions of the training file, which training then does without.
    Newest(usize),
}

/// A data set on disk.
struct DataSet {
    name: &'static str,
    train: &'static str,
    test: Test,
    separator: char,
    /// Whether items that training never saw are predicted too, and so missed.
    unseen: bool,
    /// Whether the third column is a time in seconds.
    has_time: bool,
}

/// A data set with times, of which items that training never saw are left out.
const fn timed(name: &'static str, train: &'static str, test: &'static str) -> DataSet {
    DataSet {
        name,
        train,
        test: Test::File(test),
        separator: '\t',
        unseen: false,
        has_time: true,
    }
}

/// A data set whose order alone is known, with all that is to be predicted.
const fn ordered(name: &'static str, train: &'static str, test: Test) -> DataSet {
    DataSet {
        name,
        train,
        test,
        separator: ',',
        unseen: true,
        has_time: false,
    }
}

/// Those with `valid` in their names are for choosing settings: they know nothing of the test part.
const DATASETS: &[DataSet] = &[
    timed(
        "rsc15-100k",
        "session-rec-rsc15-100k/yoochoose-clicks-100k_train_full.txt",
        "session-rec-rsc15-100k/yoochoose-clicks-100k_test.txt",
    ),
    ordered(
        "diginetica",
        "diginetica/train.csv",
        Test::File("diginetica/test.csv"),
    ),
    ordered(
        "yoochoose64",
        "yoochoose1_64/train.csv",
        Test::File("yoochoose1_64/test.csv"),
    ),
    timed(
        "serenade",
        "serenade-example/train.txt",
        "serenade-example/test.txt",
    ),
    timed(
        "rsc15-valid",
        "session-rec-rsc15-100k/yoochoose-clicks-100k_train_tr.txt",
        "session-rec-rsc15-100k/yoochoose-clicks-100k_train_valid.txt",
    ),
    // As many sessions as its test part has; items that only these hold are left out, as there.
    DataSet {
        unseen: false,
        ..ordered(
            "diginetica-valid",
            "diginetica/train.csv",
            Test::Newest(15_963),
        )
    },
];

/// Milliseconds a prediction that session-rec's own Python took for these models on rsc15-100k, measured once on a machine of
/// this size.
const PYTHON: &[(&str, f64)] = &[
    ("ar", 0.19),
    ("sr", 0.26),
    ("markov", 0.26),
    ("itemknn", 0.46),
    ("sknn", 1.2),
    ("vsknn", 2.1),
    ("stan", 2.3),
];

/// How many times as long session-rec's Python took, where that is known.
fn beside_python(dataset: &str, model: &str, micros: f64) -> String {
    let known = PYTHON
        .iter()
        .find(|known| dataset == "rsc15-100k" && known.0 == model);
    known.map_or_else(String::new, |(_, ms)| {
        format!(", {:.0}x session-rec's Python ({ms} ms)", 1e3 * ms / micros)
    })
}

fn data() -> Option<PathBuf> {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let given = std::env::var_os("QCART_DATA").map(PathBuf::from);
    given.into_iter().chain([near]).find(|path| path.is_dir())
}

fn read(
    path: &Path,
    separator: char,
    has_time: bool,
    numbers: &mut HashMap<String, u32>,
) -> Option<Sessions> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut rows: Vec<(&str, i64, u32)> = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        let mut fields = line.split(separator);
        let (session, item, time) = (fields.next()?, fields.next()?, fields.next()?);
        let next = numbers.len() as u32;
        let number = *numbers.entry(item.to_owned()).or_insert(next);
        let time = if has_time {
            (time.parse::<f64>().ok()? * 1000.0).round() as i64
        } else {
            rows.len() as i64
        };
        rows.push((session, time, number));
    }
    let mut groups: Vec<Vec<(&str, i64, u32)>> = Vec::new();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        let at = *place.entry(row.0).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(row);
    }
    for group in &mut groups {
        group.sort_by_key(|row| row.1);
    }
    groups.sort_by_key(|group| group[0].1);
    let mut sessions = Sessions::new(0, has_time);
    for (source, group) in groups.iter().enumerate() {
        let items: Vec<u32> = group.iter().map(|row| row.2).collect();
        let times: Vec<i64> = group.iter().map(|row| row.1).collect();
        let kinds = vec![EventType::View; items.len()];
        let history = History {
            items: &items,
            kinds: &kinds,
            times: &times,
        };
        sessions.push(history, source as u32);
    }
    Some(sessions)
}

fn load(dir: &Path, set: &DataSet) -> Option<Split> {
    let mut numbers = HashMap::new();
    let mut of = |file| read(&dir.join(file), set.separator, set.has_time, &mut numbers);
    let mut train = of(set.train)?;
    let mut test = match set.test {
        Test::File(file) => of(file)?,
        Test::Newest(count) => {
            let from = train.len().checked_sub(count)?;
            let newest = train.filter(|session| session >= from);
            train = train.filter(|session| session < from);
            newest
        }
    };
    // Numbers are given in the order of the files, and so to items of the training part first.
    let known = train.item.iter().max().map_or(0, |&item| item + 1);
    train.items = known;
    test.items = known;
    Split::new(train, &test, set.unseen).ok()
}

fn bench(dataset: &str, split: &Split, choice: &str) {
    let mut model = match Choice::parse(choice).and_then(|choice| build(&choice)) {
        Ok(model) => model,
        Err(problem) => return println!("BENCH ranking {dataset} {choice} failed: {problem}"),
    };
    let start = Instant::now();
    let mut go_on = |_| true;
    if let Err(problem) = model.fit(&split.train, &mut Watch::new(&mut go_on)) {
        return println!("BENCH ranking {dataset} {choice} failed: {problem}");
    }
    let fit = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut run = Run::new(model.as_ref(), split, 20);
    while run.advance(1000) {}
    let seconds = start.elapsed().as_secs_f64();
    let outcome = run.finish();
    let micros = 1e6 * seconds / outcome.len() as f64;
    let (all, novel) = (outcome.tally(Segment::All), outcome.tally(Segment::Novel));
    println!(
        "BENCH ranking {dataset:<12} {choice:<28} n {} HR@5 {:.4} HR@20 {:.4} MRR@20 {:.4} NDCG@20 {:.4} novel HR@20 {:.4} MRR@20 {:.4} fit {fit:.3} s, {micros:.1} us/rec, {:.1} MB{}",
        outcome.len(),
        all.mean(Metric::Hr, 0),
        all.mean(Metric::Hr, 2),
        all.mean(Metric::Mrr, 2),
        all.mean(Metric::Ndcg, 2),
        novel.mean(Metric::Hr, 2),
        novel.mean(Metric::Mrr, 2),
        model.memory() as f64 / 1e6,
        beside_python(dataset, choice, micros),
    );
}

fn main() {
    let given: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let all: Vec<&str> = models().map(|kind| kind.name).collect();
    let datasets = given
        .first()
        .map_or("rsc15-100k,diginetica,yoochoose64", String::as_str);
    let models = given.get(1).map_or(all.join(","), Clone::clone);
    let Some(dir) = data() else {
        return println!("BENCH ranking skipped: no folder of data (set QCART_DATA)");
    };
    for set in DATASETS
        .iter()
        .filter(|set| datasets.split(',').any(|name| name == set.name))
    {
        match load(&dir, set) {
            Some(split) => models
                .split(',')
                .for_each(|choice| bench(set.name, &split, choice)),
            None => println!(
                "BENCH ranking {} skipped: its files are not there",
                set.name
            ),
        }
    }
}
