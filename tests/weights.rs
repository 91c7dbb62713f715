//! Weights on disk: the bytes are those that the format's definition asks for, read here without its library, and hostile files are
//! refused in words.

#![allow(clippy::unwrap_used, missing_docs)]

use qcart::nn::saved::{load, save};
use qcart::nn::weights::{Start, Weights};
use serde_json::{Value, json};

fn weights(seed: u64) -> Weights {
    let mut weights = Weights::default();
    weights.push_sparse("item", [7, 3], Start::Even(1.0), seed);
    weights.push("out.bias", [1, 5], Start::Even(1.0), seed);
    weights
}

/// What <https://github.com/huggingface/safetensors#format> says: eight bytes with the length of the header, little-endian; the header,
/// JSON that begins with a brace; then the numbers, each tensor at its offsets, which leave no gap.
#[test]
fn the_bytes_are_those_of_the_format() {
    let weights = weights(1);
    let bytes = save(&weights).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let (header, data) = bytes[8..].split_at(length);
    assert_eq!(header[0], b'{');
    let header: Value = serde_json::from_slice(header).unwrap();
    let mut ranges = Vec::new();
    for tensor in &weights.tensors {
        let entry = &header[&tensor.name];
        assert_eq!(entry["dtype"], "F32");
        assert_eq!(entry["shape"], json!(tensor.shape));
        let [from, to] = [0, 1].map(|end| entry["data_offsets"][end].as_u64().unwrap() as usize);
        let numbers: Vec<u8> = tensor.value.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(data[from..to], numbers);
        ranges.push((from, to));
    }
    ranges.sort_unstable();
    assert_eq!(ranges, [(0, ranges[0].1), (ranges[0].1, data.len())]);
}

/// A file with this header, the length as given.
fn file(header: &str, length: u64, data: usize) -> Vec<u8> {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

#[test]
fn hostile_files_are_refused_and_nothing_taken_over() {
    let item =
        |range: &str| format!(r#""item":{{"dtype":"F32","shape":[7,3],"data_offsets":{range}}}"#);
    let bias = |kind: &str, shape: &str, range: &str| {
        format!(r#""out.bias":{{"dtype":"{kind}","shape":{shape},"data_offsets":{range}}}"#)
    };
    let good = bias("F32", "[1,5]", "[84,104]");
    let header = |parts: &[&str]| format!("{{{}}}", parts.join(","));
    let sound = header(&[&item("[0,84]"), &good]);
    let mut own = weights(2);
    load(&mut own, &file(&sound, sound.len() as u64, 104)).unwrap();
    assert!(
        own.tensors
            .iter()
            .all(|t| t.value.iter().all(|&x| x == 0.0))
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let headers = [
        // Overlapping, beyond the end, backwards, with a gap, too large to be multiplied out.
        header(&[&item("[0,84]"), &bias("F32", "[1,5]", "[80,100]")]),
        header(&[&item("[0,84]"), &bias("F32", "[1,5]", "[84,999999999999]")]),
        header(&[&item("[84,0]"), &good]),
        header(&[&item("[0,84]"), &bias("F32", "[1,5]", "[88,108]")]),
        header(&[
            &item("[0,84]"),
            &bias("F32", "[4294967296,4294967296]", "[84,104]"),
        ]),
        header(&[
            &item("[0,84]"),
            &bias("F32", "[18446744073709551615,5]", "[84,104]"),
        ]),
        // Another type, another shape, one too few, one too many, nonsense.
        header(&[&item("[0,84]"), &bias("I32", "[1,5]", "[84,104]")]),
        header(&[&item("[0,84]"), &bias("F32", "[5,1]", "[84,104]")]),
        header(&[&item("[0,84]")]),
        header(&[
            &item("[0,84]"),
            &good,
            &good
                .replace("out.bias", "more")
                .replace("84,104", "104,124"),
        ]),
        format!("{{\"item\":{deep}}}"),
        "null".to_owned(),
        String::new(),
    ];
    for header in headers {
        for data in [84, 104, 124] {
            let mut own = weights(2);
            let problem = load(&mut own, &file(&header, header.len() as u64, data)).unwrap_err();
            assert!(
                ["weights.file", "weights.shape"].contains(&problem.code.as_str()),
                "{header}: {problem:?}"
            );
            assert_eq!(own, weights(2));
        }
    }
    // A header said to be longer than the file, or than memory.
    for length in [sound.len() as u64 + 105, 1 << 40, u64::MAX - 7, u64::MAX] {
        let problem = load(&mut weights(2), &file(&sound, length, 104)).unwrap_err();
        assert_eq!(problem.code, "weights.file");
    }
}
