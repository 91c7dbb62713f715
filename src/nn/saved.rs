//! Weights as a file: safetensors, which Python's libraries read.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

use super::weights::Weights;
use crate::problem::{Problem, Text};

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
    views
        .and_then(|views| serialize(views, None))
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
/// `weights.file` where it is no safetensors file or cut off; `weights.shape` where a tensor is missing, too many, of another shape or type, or
/// holds what is no finite number.
pub fn load(weights: &mut Weights, bytes: &[u8]) -> Result<(), Problem> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
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
    })?;
    if file.len() != weights.tensors.len() {
        return Err(other_shape(&format!(
            "{} / {}",
            file.len(),
            weights.tensors.len()
        )));
    }
    let mut read = Vec::with_capacity(weights.tensors.len());
    for tensor in &weights.tensors {
        let found = file
            .tensor(&tensor.name)
            .map_err(|_| other_shape(&tensor.name))?;
        if found.dtype() != Dtype::F32 || found.shape() != tensor.shape {
            return Err(other_shape(&tensor.name));
        }
        let (numbers, _) = found.data().as_chunks::<4>();
        let values: Vec<f32> = numbers
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(other_shape(&tensor.name));
        }
        read.push(values);
    }
    for (tensor, values) in weights.tensors.iter_mut().zip(read) {
        tensor.value = values;
    }
    Ok(())
}

fn other_shape(name: &str) -> Problem {
    Problem::new(
        "weights.shape",
        Text::new(
            format!("The file's weights are those of another network: “{name}” does not fit."),
            format!("文件中的权重属于另一个网络：“{name}”不匹配。"),
        ),
        Text::new(
            "Choose the network, width and log that the weights were learned with.",
            "请选择学习这些权重时所用的网络、维数和日志。",
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
        broken.tensors[1].value[0] = f32::NAN;
        assert_eq!(
            load(&mut own, &save(&broken).unwrap()).unwrap_err().code,
            "weights.shape"
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
