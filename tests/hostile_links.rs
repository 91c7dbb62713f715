//! Links and project files that unpack to gigabytes are refused before they take the memory for it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::{Compress, Compression, FlushCompress};
use qcart::experiment::parameters::Settings;
use qcart::experiment::{Experiment, SHOP, Source, VERSION, link, project};
use qcart::log::ImportOptions;

mod count;

const MIB: usize = 1 << 20;

/// So many mebibytes of zeros, packed as links pack them. Each mebibyte is packed by itself, so that all of them are the same
/// bytes and the first stands for the others.
fn bomb(mebibytes: usize) -> String {
    let mut piece = Vec::with_capacity(MIB);
    Compress::new(Compression::best(), false)
        .compress_vec(&vec![0; MIB], &mut piece, FlushCompress::Full)
        .unwrap();
    let mut packed = vec![0x78, 0xda];
    packed.extend(piece.repeat(mebibytes));
    // An empty last block, then the checksum of so many zeros.
    packed.extend([3, 0]);
    let checksum = (((mebibytes * MIB) % 65_521) << 16) | 1;
    packed.extend((checksum as u32).to_be_bytes());
    URL_SAFE_NO_PAD.encode(packed)
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn what_unpacks_to_gigabytes_is_refused_before_it_takes_them() {
    let one = link::unpack(&bomb(1), MIB as u64).unwrap();
    assert!(one.len() == MIB && one.iter().all(|&byte| byte == 0));
    links_are_refused();
    let gigabytes = bomb(2048);
    assert!(
        gigabytes.len() < project::LARGEST / 4,
        "{}",
        gigabytes.len()
    );
    inline_logs_are_refused(&gigabytes);
    the_runner_refuses_them(&gigabytes);
}

/// What is short enough to be a link is unpacked no further than a link may reach; what is longer, not at all.
fn links_are_refused() {
    for (mebibytes, most) in [(20, 2 * MIB), (2048, MIB / 16)] {
        let text = format!("v1.{}", bomb(mebibytes));
        assert_eq!(text.len() < link::LONGEST, mebibytes == 20);
        let mut code = String::new();
        let taken = count::most(|| code = link::read(&text).unwrap_err().code);
        assert_eq!(code, "link.long");
        assert!(taken < most as u64, "{taken} bytes for {mebibytes} MiB");
    }
}

/// The log inside a project file is unpacked no further than a project file may reach.
fn inline_logs_are_refused(data: &str) {
    let text = project::write(&with_log(data)).unwrap();
    let mut code = String::new();
    let limit = project::LARGEST as u64;
    let taken = count::most(|| code = project::read(&text).unwrap_err().code);
    assert_eq!(code, "link.long");
    // A vector that grows holds its old half beside its new whole for a moment.
    assert!(taken < 4 * limit, "{taken} bytes");
}

fn the_runner_refuses_them(data: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bomb.qcart.json");
    fs::write(&path, project::write(&with_log(data)).unwrap()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_qcart"))
        .args(["run", path.to_str().unwrap(), "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["problem"]["code"], "link.long");
}

fn with_log(data: &str) -> Experiment {
    Experiment {
        engine: VERSION.to_owned(),
        source: Source::Inline {
            name: "zeros.csv".to_owned(),
            data: data.to_owned(),
        },
        options: ImportOptions::default(),
        problem: SHOP.to_owned(),
        settings: Settings::default(),
        changes: Vec::new(),
        stop: None,
        outcome: None,
        ranking: None,
        findings: Vec::new(),
    }
}
