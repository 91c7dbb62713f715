//! Weights as a file: safetensors, which Python's libraries read.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors, serialize};

use super::weights::Weights;
use crate::problem::{Problem, Text};

/// Where a file says what the rows of its tensors stand for.
const ROWS: &str = "rows";

/// Bytes of the largest file of weights that is read. Learning takes at least six times the weights, and 1 GB at most.
const LARGEST: u64 = 1 << 28;

/// The weights as the bytes of a safetensors file.
///
/// # Errors
/// `weights.write` when they can't be written (never for weights of a network).
pub fn save(weights: &Weights) -> Result<Vec<u8>, Problem> {
    let data: Vec<Vec<u8>> = weights
        .tensors
        .iter()
        .map(|tensor| tensor.value.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = weights.tensors.iter().zip(&data).map(|(tensor, data)| {
        let view = TensorView::new(Dtype::F32, tensor.shape.to_vec(), data);
        view.map(|view| (tensor.name.as_str(), view))
    });
    let views: Result<Vec<_>, _> = views.collect();
    let rows = (!weights.rows.is_empty()).then(|| [(ROWS.to_owned(), weights.rows.clone())].into());
    views
        .and_then(|views| serialize(views, rows))
        .map_err(|error| {
            Problem::new(
                "weights.write",
                Text::new(
                    format!("The weights could not be written: {error}."),
                    format!("无法写出权重：{error}。"),
                ),
                Text::new("Train the network again.", "请重新训练网络。"),
            )
        })
}

/// Takes over the weights of a file, which must have the names and shapes of these. Nothing is taken over where anything is wrong.
///
/// # Errors
/// `weights.file` where it is no safetensors file or cut off; `weights.rows` where it says that its rows stand for other names; `weights.shape` where a tensor is missing, too many, or of another shape or type;
/// `weights.number` where one holds what is no finite number.
pub fn load(weights: &mut Weights, bytes: &[u8]) -> Result<(), Problem> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| no_weights(&error))?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| no_weights(&error))?;
    let rows = header.metadata().as_ref().and_then(|told| told.get(ROWS));
    if rows.is_some_and(|rows| *rows != weights.rows && !weights.rows.is_empty()) {
        return Err(other_rows());
    }
    let known = |name: &str| weights.tensors.iter().any(|tensor| tensor.name == name);
    let mut others: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
    others.sort_unstable();
    if let Some(other) = others.iter().find(|name| !known(name)) {
        return Err(other_shape(other, "—", &shape_of(&file, other)));
    }
    let mut read = Vec::with_capacity(weights.tensors.len());
    for tensor in &weights.tensors {
        let wanted = format!("{:?} F32", tensor.shape);
        let found = file
            .tensor(&tensor.name)
            .map_err(|_| other_shape(&tensor.name, &wanted, "—"))?;
        if found.dtype() != Dtype::F32 || found.shape() != tensor.shape {
            let here = shape_of(&file, &tensor.name);
            return Err(other_shape(&tensor.name, &wanted, &here));
        }
        let (numbers, _) = found.data().as_chunks::<4>();
        let values: Vec<f32> = numbers
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect();
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(no_number(&tensor.name, place + 1, values[place]));
        }
        read.push(values);
    }
    for (tensor, values) in weights.tensors.iter_mut().zip(read) {
        tensor.value = values;
    }
    Ok(())
}

/// Refuses files that are larger than any network's, before they are read.
///
/// # Errors
/// `weights.file`.
pub fn check_size(name: &str, bytes: u64) -> Result<(), Problem> {
    if bytes <= LARGEST {
        return Ok(());
    }
    Err(Problem::new(
        "weights.file",
        Text::new(
            format!("{name} holds over 256 MB, more than any network here."),
            format!("{name} 超过 256 MB，大于此处的任何网络。"),
        ),
        Text::new("Give a file that was saved here.", "请提供在此保存的文件。"),
    ))
}

fn shape_of(file: &SafeTensors<'_>, name: &str) -> String {
    file.tensor(name).map_or_else(
        |_| "—".to_owned(),
        |view| format!("{:?} {:?}", view.shape(), view.dtype()),
    )
}

fn no_weights(error: &SafeTensorError) -> Problem {
    Problem::new(
        "weights.file",
        Text::new(
            format!("The file does not hold weights: {error}."),
            format!("该文件不包含权重：{error}。"),
        ),
        Text::new(
            "Give a safetensors file that was saved here, complete.",
            "请提供在此保存的完整 safetensors 文件。",
        ),
    )
}

fn other_rows() -> Problem {
    Problem::new(
        "weights.rows",
        Text::new(
            "The file's weights were learned from a log of other items.",
            "文件中的权重是从另一份商品不同的日志学得的。",
        ),
        Text::new(
            "Open the log that they were learned from, or give weights learned from this one.",
            "请打开学习这些权重所用的日志，或提供从此日志学得的权重。",
        ),
    )
}

/// `wanted` and `here` are shapes, or a dash where there is no such tensor.
fn other_shape(name: &str, wanted: &str, here: &str) -> Problem {
    Problem::new(
        "weights.shape",
        Text::new(
            format!(
                "The file's weights are those of another network: “{name}” is {here} in it and {wanted} here."
            ),
            format!("文件中的权重属于另一个网络：“{name}”在文件中为 {here}，此处为 {wanted}。"),
        ),
        Text::new(
            "Choose the network, width and log that the weights were learned with.",
            "请选择学习这些权重时所用的网络、维数和日志。",
        ),
    )
}

fn no_number(name: &str, place: usize, value: f32) -> Problem {
    Problem::new(
        "weights.number",
        Text::new(
            format!("The file's weights are damaged: number {place} of “{name}” is {value}."),
            format!("文件中的权重已损坏：“{name}”的第 {place} 个数为 {value}。"),
        ),
        Text::new(
            "Give another file, or have the network learn again.",
            "请提供另一个文件，或让网络重新学习。",
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::nn::weights::Start;
    use proptest::prelude::*;

    fn weights(seed: u64) -> Weights {
        let mut weights = Weights::default();
        weights.push_sparse("item", [7, 3], Start::Even(1.0), seed);
        weights.push("out.bias", [1, 5], Start::Even(1.0), seed);
        weights
    }

    #[test]
    fn what_was_saved_is_read_again() {
        let (one, mut other) = (weights(1), weights(2));
        load(&mut other, &save(&one).unwrap()).unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn weights_of_other_rows_are_refused() {
        let of = |rows: &str| Weights {
            rows: rows.to_owned(),
            ..weights(1)
        };
        let bytes = save(&of("tea, pot")).unwrap();
        let mut own = of("tea, cup");
        let problem = load(&mut own, &bytes).unwrap_err();
        assert_eq!(problem.code, "weights.rows");
        assert_eq!(own, of("tea, cup"));
        load(&mut of("tea, pot"), &bytes).unwrap();
        // A file that says nothing of its rows, as other programs write it.
        load(&mut own, &save(&weights(2)).unwrap()).unwrap();
    }

    #[test]
    fn another_shape_is_refused_and_nothing_taken_over() {
        let mut wider = Weights::default();
        wider.push("item", [7, 4], Start::Even(1.0), 1);
        wider.push("out.bias", [1, 5], Start::Even(1.0), 1);
        let mut own = weights(2);
        assert_eq!(
            load(&mut own, &save(&wider).unwrap()).unwrap_err().code,
            "weights.shape"
        );
        let mut broken = weights(1);
        broken.tensors[1].value[2] = f32::NAN;
        let problem = load(&mut own, &save(&broken).unwrap()).unwrap_err();
        assert_eq!(problem.code, "weights.number");
        assert!(
            problem.what.en.contains("number 3 of “out.bias” is NaN"),
            "{problem:?}"
        );
        let mut more = weights(1);
        more.push("extra", [1, 1], Start::Even(1.0), 1);
        let problem = load(&mut own, &save(&more).unwrap()).unwrap_err();
        assert!(
            problem.what.en.contains("“extra” is [1, 1] F32 in it"),
            "{problem:?}"
        );
        assert_eq!(own, weights(2));
    }

    proptest! {
        #[test]
        fn cut_off_and_damaged_files_are_refused_or_harmless(cut in 0usize..200, at in 0usize..200, byte in any::<u8>()) {
            let mut bytes = save(&weights(1)).unwrap();
            let (cut, at) = (cut % bytes.len(), at % bytes.len());
            prop_assert!(load(&mut weights(2), &bytes[..cut]).is_err());
            bytes[at] = byte;
            let mut own = weights(2);
            if load(&mut own, &bytes).is_err() {
                prop_assert_eq!(own, weights(2));
            }
        }
    }
}
