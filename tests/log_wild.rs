//! Real logs as they occur, where this machine has them (`QCART_DATA`, or the folder `shared/data` beside the
//! project). Each must open without a hand-made mapping, with the counts that its description states.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use qcart::log::{ImportOptions, Imported, Importer, RejectReason, Role};

fn data() -> Option<PathBuf> {
    let given = std::env::var_os("QCART_DATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let deeper = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    given
        .into_iter()
        .chain([beside, deeper])
        .find(|path| path.is_dir())
}

fn import(bytes: &[u8]) -> Imported {
    let mut importer = Importer::new("log", None, ImportOptions::default());
    for chunk in bytes.chunks(100_000) {
        importer.push(chunk).unwrap();
    }
    let mut finishing = importer.finish().unwrap();
    loop {
        if let Some(imported) = finishing.advance().unwrap() {
            return imported;
        }
    }
}

struct Expected {
    file: &'static str,
    users: u64,
    items: u64,
    sessions: u64,
    events: u64,
    by_type: [u64; 4],
    rejected: u64,
    roles: &'static [Role],
}

use Role::{
    Category, Event, Ignore, Item, Position, Price, Propensity, Quantity, Session, Time, User,
};

const WILD: &[Expected] = &[
    Expected {
        file: "rees46/2019-Oct-head.csv",
        users: 1755,
        items: 2312,
        sessions: 1906,
        events: 5019,
        by_type: [4915, 0, 50, 54],
        rejected: 0,
        roles: &[
            Time, Event, Item, Category, Ignore, Ignore, Price, User, Session,
        ],
    },
    Expected {
        file: "taobao-userbehavior/UserBehavior-43users.csv",
        users: 43,
        items: 3276,
        sessions: 0,
        events: 4321,
        by_type: [3926, 0, 190 + 128, 77],
        rejected: 0,
        roles: &[User, Item, Category, Event, Time],
    },
    Expected {
        file: "taobao-userbehavior/UserBehavior-96k-timeslice.csv",
        users: 58_732,
        items: 75_384,
        sessions: 0,
        events: 96_168,
        by_type: [85_773, 0, 5292 + 2959, 2144],
        rejected: 1,
        roles: &[User, Item, Category, Event, Time],
    },
    Expected {
        file: "diginetica-raw-sample/sample_train-item-views.csv",
        users: 1270,
        items: 7139,
        sessions: 2986,
        events: 12_391,
        by_type: [12_391, 0, 0, 0],
        rejected: 0,
        roles: &[Session, User, Item, Time, Time],
    },
    Expected {
        file: "diginetica/train.csv",
        users: 186_670,
        items: 43_097,
        sessions: 186_670,
        events: 906_140,
        by_type: [906_140, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "diginetica/test.csv",
        users: 15_963,
        items: 0,
        sessions: 15_963,
        events: 76_821,
        by_type: [76_821, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "yoochoose1_64/train.csv",
        users: 116_167,
        items: 17_376,
        sessions: 116_167,
        events: 486_026,
        by_type: [486_026, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "yoochoose1_64/test.csv",
        users: 15_324,
        items: 0,
        sessions: 15_324,
        events: 71_222,
        by_type: [71_222, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "session-rec-rsc15-100k/yoochoose-clicks-100k_train_full.txt",
        users: 17_794,
        items: 2933,
        sessions: 17_794,
        events: 70_278,
        by_type: [70_278, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "session-rec-rsc15-100k/yoochoose-clicks-100k_test.txt",
        users: 3416,
        items: 1771,
        sessions: 3416,
        events: 13_568,
        by_type: [13_568, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "serenade-example/train.txt",
        users: 23_753,
        items: 18_009,
        sessions: 23_753,
        events: 113_601,
        by_type: [113_601, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "serenade-example/test.txt",
        users: 302,
        items: 862,
        sessions: 302,
        events: 1233,
        by_type: [1233, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "serenade-example/serenade_last8d.csv",
        users: 6497,
        items: 10_003,
        sessions: 6497,
        events: 31_158,
        by_type: [31_158, 0, 0, 0],
        rejected: 0,
        roles: &[Session, Item, Time],
    },
    Expected {
        file: "otto-sample/otto_20_sessions.csv",
        users: 20,
        items: 510,
        sessions: 20,
        events: 862,
        by_type: [0, 800, 52, 10],
        rejected: 0,
        roles: &[Session, Item, Time, Event],
    },
    Expected {
        file: "open-bandit-small/obd_random_men.csv",
        users: 10_000,
        items: 34,
        sessions: 10_000,
        events: 10_000,
        by_type: [9954, 46, 0, 0],
        rejected: 0,
        roles: &[
            Time, Item, Position, Event, Propensity, Ignore, Ignore, Ignore, Ignore,
        ],
    },
    Expected {
        file: "open-bandit-small/obd_bts_men.csv",
        users: 10_000,
        items: 34,
        sessions: 10_000,
        events: 10_000,
        by_type: [9931, 69, 0, 0],
        rejected: 0,
        roles: &[
            Time, Item, Position, Event, Propensity, Ignore, Ignore, Ignore, Ignore,
        ],
    },
    Expected {
        file: "uci-online-retail/OnlineRetail-10k.csv",
        users: 323,
        items: 2015,
        sessions: 512,
        events: 10_000,
        by_type: [0, 0, 0, 10_000],
        rejected: 0,
        roles: &[Session, Item, Ignore, Quantity, Time, Price, User, Ignore],
    },
    Expected {
        file: "complete-journey/completejourney_120hh.csv",
        users: 120,
        items: 17_577,
        sessions: 8018,
        events: 74_542,
        by_type: [0, 0, 0, 74_542],
        rejected: 0,
        roles: &[
            Time, User, Session, Item, Event, Quantity, Price, Ignore, Category,
        ],
    },
];

#[test]
fn wild_logs_open_without_a_hand() {
    let Some(data) = data() else {
        println!("skipped: the real logs are not on this machine");
        return;
    };
    let mut wrong = Vec::new();
    for expected in WILD {
        let Ok(bytes) = std::fs::read(data.join(expected.file)) else {
            println!("skipped: {} is not on this machine", expected.file);
            continue;
        };
        let imported = import(&bytes);
        let report = &imported.report;
        println!(
            "{}: {} users, {} items, {} sessions, {} events {:?}, {} rejected, {:?}",
            expected.file,
            report.users,
            report.items,
            report.sessions,
            report.events,
            report.events_by_type,
            report.rejected,
            report.dates
        );
        println!(
            "  {:?} {:?} repeated {} duplicates {}",
            imported.dialect.roles, imported.dialect.encoding, report.repeated, report.duplicates
        );
        for note in &report.notes {
            println!("  note: {}", note.en);
        }
        let got = (
            report.users,
            report.events,
            report.events_by_type,
            report.rejected,
            imported.dialect.roles.as_slice(),
        );
        let want = (
            expected.users,
            expected.events,
            expected.by_type,
            expected.rejected,
            expected.roles,
        );
        if got != want
            || (expected.items > 0 && report.items != expected.items)
            || (expected.sessions > 0 && report.sessions != expected.sessions)
        {
            wrong.push(expected.file);
        }
    }
    assert!(wrong.is_empty(), "other counts than described: {wrong:?}");
}

#[test]
fn the_cut_off_row_of_taobao_is_rejected_where_it_stands() {
    let Some(data) = data() else {
        println!("skipped: the real logs are not on this machine");
        return;
    };
    let Ok(bytes) = std::fs::read(data.join("taobao-userbehavior/UserBehavior-96k-timeslice.csv"))
    else {
        return;
    };
    let rejects = import(&bytes).rejects;
    assert_eq!(rejects.groups.len(), 1);
    assert_eq!(rejects.groups[0].reason, RejectReason::TimeRange);
    let example = &rejects.groups[0].examples[0];
    assert_eq!(
        (
            example.place.line,
            example.place.column,
            example.value.as_str()
        ),
        (96_169, 5, "15")
    );
    assert!(rejects.csv().contains("301780,543546,4181361,pv,15"));
}
