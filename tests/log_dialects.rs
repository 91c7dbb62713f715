//! The dialects of the wild open with no hand-made mapping: excerpts that may be shipped, and look-alikes of the
//! others.
#![allow(clippy::unwrap_used)]

mod log_common;

use Role::{
    Category, Event, Ignore, Item, Position, Price, Propensity, Quantity, Session, Time, User,
};
use log_common::{import, import_in};
use qcart::log::{Delimiter, EventType, ImportOptions, Imported, Role, TextEncoding};

fn open(text: impl AsRef<[u8]>) -> Imported {
    let imported = import(text).unwrap();
    assert_eq!(imported.report.rejected, 0, "{:?}", imported.rejects.groups);
    imported
}

/// Importing again with what was found gives the same, whatever was guessed.
fn assert_repeats(text: &[u8], imported: &Imported) {
    let again = import_in(text, 1000, &imported.dialect.options()).unwrap();
    assert_eq!(again.log, imported.log);
    assert_eq!(again.dialect, imported.dialect);
}

fn dates(imported: &Imported) -> (&str, &str) {
    let dates = imported.report.dates.as_ref().unwrap();
    (&dates.first, &dates.last)
}

#[test]
fn retail_rocket() {
    let text = "timestamp,visitorid,event,itemid,transactionid\n\
        1433221332117,257597,view,355908,\n\
        1433224214164,992329,view,248676,\n\
        1433221999827,257597,addtocart,355908,\n\
        1433222276276,257597,transaction,355908,4000\n\
        1433229999999,257597,view,355908,\n";
    let imported = open(text);
    assert_eq!(imported.dialect.roles, [Time, User, Event, Item, Ignore]);
    assert_eq!(imported.report.events_by_type, [3, 0, 1, 1]);
    assert_eq!(
        (
            imported.report.users,
            imported.report.items,
            imported.report.sessions
        ),
        (2, 2, 3)
    );
    assert_eq!(
        dates(&imported),
        ("2015-06-02T05:02:12.117Z", "2015-06-02T07:26:39.999Z")
    );
    assert_repeats(text.as_bytes(), &imported);
}

#[test]
fn rees46_keeps_long_ids_exact() {
    let text = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n\
        2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c\n\
        2019-10-01 00:00:01 UTC,cart,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c\n\
        2019-10-01 00:00:02 UTC,remove_from_cart,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c\n\
        2019-10-01 00:00:05 UTC,purchase,3900821,2053013552326770905,appliances.environment.water_heater,aqua,33.20,554748717,9333dfbd-b87a-4708-9857-6336556b0fcc\n";
    let imported = open(text);
    assert_eq!(
        imported.dialect.roles,
        [
            Time, Event, Item, Category, Ignore, Ignore, Price, User, Session
        ]
    );
    let log = &imported.log;
    assert_eq!(
        log.categories.iter().collect::<Vec<_>>(),
        ["2103807459595387724", "2053013552326770905"]
    );
    assert_eq!(
        log.session_names.get(1),
        "9333dfbd-b87a-4708-9857-6336556b0fcc"
    );
    assert_eq!(log.events.price, Some(vec![35.79, 35.79, 33.2]));
    assert_eq!(
        (
            imported.report.ignored,
            imported.report.accepted,
            imported.report.rows
        ),
        (1, 3, 4)
    );
    let removed = imported
        .report
        .event_words
        .iter()
        .find(|word| word.word == "remove_from_cart")
        .unwrap();
    assert_eq!(
        (removed.count, removed.mapped, removed.known),
        (1, None, true)
    );
    assert_repeats(text.as_bytes(), &imported);
}

#[test]
fn taobao_without_header() {
    let text = "1,2268318,2520377,pv,1511544070\n1,2333346,2520771,cart,1511561733\n1,2576651,2520377,fav,1511572885\n\
        2,2268318,2520377,buy,1511593493\n2,2333346,2520771,pv,1511594000\n3,2268318,2520377,pv,1511594001\n";
    let imported = open(text);
    assert!(!imported.dialect.header);
    assert_eq!(imported.dialect.roles, [User, Item, Category, Event, Time]);
    assert_eq!(imported.report.events_by_type, [3, 0, 2, 1]);
    assert_repeats(text.as_bytes(), &imported);
}

#[test]
fn yoochoose_raw_clicks() {
    let mut text = String::new();
    for session in 0..40 {
        for click in 0..3 {
            let (minute, item) = (session % 60, 214_536_500 + (session * 7 + click * 3) % 11);
            text.push_str(&format!(
                "{session},2014-04-07T10:{minute:02}:{:02}.277Z,{item},{}\n",
                click * 9,
                item % 3
            ));
        }
    }
    let imported = open(&text);
    assert_eq!(imported.dialect.roles, [Session, Time, Item, Category]);
    assert_eq!((imported.report.sessions, imported.report.users), (40, 40));
    assert_repeats(text.as_bytes(), &imported);
}

#[test]
fn session_rec_and_serenade() {
    let text = "SessionId\tItemId\tTime\n3\t214716935\t1396437466.94\n3\t214832672\t1396438212.318\n6\t214701242\t1396796300.848\n";
    let imported = open(text);
    assert_eq!(imported.dialect.delimiter, Delimiter::Tab);
    assert_eq!(imported.dialect.roles, [Session, Item, Time]);
    assert_eq!(
        imported.log.events.time,
        [1_396_437_466_940, 1_396_438_212_318, 1_396_796_300_848]
    );
    assert_repeats(text.as_bytes(), &imported);

    let imported = open(include_str!("fixtures/log/serenade.txt"));
    assert!(
        imported
            .report
            .notes
            .iter()
            .any(|note| note.en.contains("not in time order"))
    );
    for session in 0..imported.log.sessions() {
        assert!(imported.log.events.time[imported.log.session(session)].is_sorted());
    }
}

#[test]
fn diginetica_raw_falls_back_to_sessions() {
    let text = "session_id;user_id;item_id;timeframe;eventdate\n1;NA;81766;526309;2016-05-09\n1;NA;31331;1031018;2016-05-09\n\
        1;NA;32118;243569;2016-05-09\n2;7;81766;10;2016-05-10\n3;7;81766;20;2016-05-11\n";
    let imported = open(text);
    assert_eq!(imported.dialect.roles, [Session, User, Item, Time, Time]);
    let log = &imported.log;
    assert_eq!(
        (
            imported.report.users,
            imported.report.anonymous_users,
            imported.report.sessions
        ),
        (1, 1, 3)
    );
    let items: Vec<&str> = log
        .session_items(0)
        .iter()
        .map(|&item| log.items.get(item))
        .collect();
    assert_eq!(items, ["32118", "81766", "31331"]);
    assert_eq!(log.users.get(log.session_user[0]), "session:1");
    assert_eq!(log.events.time[0], 1_462_752_000_000 + 243_569);
    assert_repeats(text.as_bytes(), &imported);
}

#[test]
fn split_with_steps_only() {
    let text = "session_id,item_id,step\n1,1,2\n1,2,1\n2,3,1\n";
    let imported = open(text);
    assert_eq!(imported.dialect.roles, [Session, Item, Time]);
    assert!(!imported.log.has_time && imported.report.dates.is_none());
    assert_eq!(imported.log.items.get(imported.log.events.item[0]), "2");
    assert_repeats(text.as_bytes(), &imported);
}

#[test]
fn open_bandit() {
    let text = include_bytes!("fixtures/log/open_bandit.csv");
    let imported = open(text);
    assert_eq!(
        imported.dialect.roles,
        [
            Time, Item, Position, Event, Propensity, Ignore, Ignore, Ignore, Ignore
        ]
    );
    let log = &imported.log;
    assert_eq!(imported.report.events_by_type, [30, 3, 0, 0]);
    assert_eq!((log.sessions(), log.len()), (33, 33));
    assert_eq!(log.events.propensity.as_ref().unwrap()[0], 0.045_525);
    assert_eq!(log.events.position.as_ref().unwrap()[0], 2);
    assert_repeats(text, &imported);
}

#[test]
fn otto() {
    let text = include_bytes!("fixtures/log/otto.csv");
    let imported = open(text);
    assert_eq!(imported.dialect.roles, [Session, Item, Time, Event]);
    assert_eq!(imported.report.events, 40);
    assert_eq!(imported.report.events_by_type[0], 0);
    assert_repeats(text, &imported);
}

#[test]
fn uci_online_retail() {
    let text = include_bytes!("fixtures/log/uci.csv");
    let imported = open(text);
    let dialect = &imported.dialect;
    assert_eq!(
        dialect.roles,
        [Session, Item, Ignore, Quantity, Time, Price, User, Ignore]
    );
    assert!(dialect.decimal_comma && dialect.day_first && dialect.columns[0] == "InvoiceNo");
    assert_eq!(
        imported.report.events_by_type,
        [0, 0, 0, imported.report.rows]
    );
    assert_eq!(dates(&imported).0, "2010-12-01T08:26:00Z");
    assert_eq!(imported.log.events.price.as_ref().unwrap()[0], 2.55);
    assert!(imported.report.returns > 0 && imported.report.anonymous_users > 0);
    assert_repeats(text, &imported);
}

#[test]
fn complete_journey_divides_totals() {
    let text = "transaction_timestamp,household_id,basket_id,product_id,event,quantity,sales_value,department,product_category\n\
        2017-01-01 13:28:35,70,31198975059,1039156,purchase,2,3.0,DRUG GM,NEWSPAPER\n\
        2017-01-01 13:31:53,83,31198676089,1046485,purchase,1,10.99,DRUG GM,VITAMINS\n\
        2017-01-01 13:31:53,83,31198676089,1082185,purchase,1,0.19,,\n";
    let imported = open(text);
    assert_eq!(
        imported.dialect.roles,
        [
            Time, User, Session, Item, Event, Quantity, Price, Ignore, Category
        ]
    );
    assert_eq!(imported.log.events.price, Some(vec![1.5, 10.99, 0.19]));
    assert_eq!(imported.log.item_category, [0, 1, qcart::log::NONE]);
    assert_repeats(text.as_bytes(), &imported);
}

/// A return has a quantity below 0, and its total is written with either sign; an order's total is never below 0.
#[test]
fn returns_may_have_totals_below_zero() {
    let text = "user_id,item_id,timestamp,quantity,total\n\
        ann,tea,2024-05-01,4,6.0\n\
        ann,tea,2024-05-02,-2,-3.0\n\
        bob,tea,2024-05-03,-2,3.0\n\
        bob,tea,2024-05-04,2,-3.0\n\
        bob,tea,2024-05-05,0,-3.0\n";
    let imported = import(text).unwrap();
    assert_eq!(imported.log.events.price, Some(vec![1.5; 3]));
    assert_eq!(imported.log.events.quantity, Some(vec![4.0, -2.0, -2.0]));
    assert_eq!((imported.report.returns, imported.report.rejected), (2, 2));
}

#[test]
fn plain_tables_and_chinese_ones() {
    let imported = open(
        "user,item,event,time\nann,tea,view,2024-05-31 18:00:00\nann,tea,buy,2024-05-31T18:05:00+00:00\n",
    );
    assert_eq!(imported.dialect.roles, [User, Item, Event, Time]);
    let chinese = "用户,商品,行为,时间\n张三,连衣裙,浏览,2024-05-31 18:00:00\n张三,连衣裙,加购,2024-05-31 18:01:00\n李四,牛仔裤,购买,2024-05-31 18:02:00\n";
    let imported = open(chinese);
    assert_eq!(imported.dialect.roles, [User, Item, Event, Time]);
    assert_eq!(imported.report.events_by_type, [1, 0, 1, 1]);
    let headerless = open("alice|apple|view\nbob|pear|click\nbob|apple|view\n");
    assert_eq!(headerless.dialect.roles, [User, Item, Event]);
    assert!(
        headerless
            .report
            .notes
            .iter()
            .any(|note| note.en.contains("No time column"))
    );
}

#[test]
fn every_encoding_gives_the_same_log() {
    let text =
        "用户;商品;行为;时间\n张三;连衣裙;浏览;1511544070\n李四;裤子;购买;1511544071\n".to_owned();
    let want = open(&text).log;
    let marked = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding) in [
        (
            marked(b"\xef\xbb\xbf", text.clone().into_bytes()),
            TextEncoding::Utf8,
        ),
        (marked(b"\xff\xfe", le.clone()), TextEncoding::Utf16Le),
        (marked(b"\xfe\xff", be.clone()), TextEncoding::Utf16Be),
        (le, TextEncoding::Utf16Le),
        (be, TextEncoding::Utf16Be),
        (
            encoding_rs::GB18030.encode(&text).0.into_owned(),
            TextEncoding::Gb18030,
        ),
    ] {
        for chunk in [1, 5, 1000] {
            let imported = import_in(&bytes, chunk, &ImportOptions::default()).unwrap();
            assert_eq!(
                (imported.dialect.encoding, &imported.log),
                (encoding, &want)
            );
        }
    }
    let western = "user;Artikel\nMüller;Tür\nGarçon;Café\n";
    let imported = open(&*encoding_rs::WINDOWS_1252.encode(western).0);
    assert_eq!(imported.dialect.encoding, TextEncoding::Windows1252);
    assert_eq!(imported.log.users.get(0), "Müller");
}

/// A log whose first Chinese name comes after the sample is not taken for broken UTF-8.
#[test]
fn an_encoding_that_shows_late_is_still_found() {
    let mut text = "user,item,time\n".to_owned();
    for row in 0..6000 {
        text.push_str(&format!(
            "u{},i{},{}\n",
            row % 50,
            row % 20,
            1_500_000_000 + row
        ));
    }
    text.push_str("张三,连衣裙,1500009000\n李四,牛仔裤,1500009001\n");
    let imported = open(&*encoding_rs::GB18030.encode(&text).0);
    assert_eq!(imported.dialect.encoding, TextEncoding::Gb18030);
    assert_eq!(imported.log.users.get(50), "张三");
}

#[test]
fn choices_of_a_person_win() {
    let text = "a,b,c\nx,1,foo\ny,2,bar\n";
    let options = ImportOptions {
        roles: Some(vec![User, Item, Event]),
        event_types: [
            ("foo".to_owned(), Some(EventType::Purchase)),
            ("bar".to_owned(), None),
        ]
        .into(),
        ..ImportOptions::default()
    };
    let imported = import_in(text.as_bytes(), 3, &options).unwrap();
    assert_eq!(imported.report.events_by_type, [0, 0, 0, 1]);
    assert_eq!(
        (imported.report.ignored, imported.report.event_words.len()),
        (1, 2)
    );
    assert!(imported.report.event_words.iter().all(|word| word.known));
}

#[test]
fn repeats_are_counted_and_merged_on_request() {
    let text = "user,item,event,time\na,x,view,1500000000\na,x,view,1500000001\na,x,buy,1500000002\na,x,view,1500009000\na,x,view,1500009000\n";
    let imported = open(text);
    assert_eq!(
        (
            imported.report.repeated,
            imported.report.duplicates,
            imported.report.sessions
        ),
        (2, 1, 2)
    );
    let options = ImportOptions {
        merge_repeats: true,
        ..ImportOptions::default()
    };
    let merged = import_in(text.as_bytes(), 100, &options).unwrap();
    assert_eq!(
        (
            merged.report.events,
            merged.report.merged,
            merged.report.accepted
        ),
        (3, 2, 5)
    );
    let options = ImportOptions {
        session_gap_minutes: 300.0,
        ..ImportOptions::default()
    };
    assert_eq!(
        import_in(text.as_bytes(), 100, &options)
            .unwrap()
            .report
            .sessions,
        1
    );
}

#[test]
fn session_ids_that_restart_for_each_user_are_taken_apart() {
    let text = "user,session,item,time\na,1,x,1500000000\na,2,y,1500000100\nb,1,x,1500000050\nb,2,z,1500000060\n";
    let imported = open(text);
    assert_eq!(imported.report.sessions, 4);
    assert_eq!(imported.log.session_user, [0, 1, 1, 0]);
}

#[test]
fn the_report_counts() {
    let imported = open(
        "user,item,event,time\na,x,view,1500000000\na,y,cart,1500000001\na,y,buy,1500000002\nb,x,view,1500000003\n",
    );
    let report = &imported.report;
    assert_eq!(
        (
            report.lengths.mean,
            report.lengths.median,
            report.lengths.max
        ),
        (2.0, 1, 3)
    );
    assert_eq!(
        report
            .lengths
            .bins
            .iter()
            .map(|bin| bin.count)
            .collect::<Vec<_>>(),
        [1, 0, 1]
    );
    assert_eq!(
        report
            .top_items
            .iter()
            .map(|item| (item.name.as_str(), item.count))
            .collect::<Vec<_>>(),
        [("x", 2), ("y", 2)]
    );
    let bought = report
        .conversions
        .iter()
        .find(|c| c.to == EventType::Purchase && c.from == EventType::View)
        .unwrap();
    assert_eq!((bought.of, bought.count), (2, 1));
}
