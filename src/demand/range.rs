//! The one check of a number against its range, with the sentence that says so.

use crate::problem::{Problem, Text};

/// The name of a quantity in both languages, as it stands in a sentence.
pub type Name = (&'static str, &'static str);

/// The number itself when it is finite and within `min..=max`.
///
/// # Errors
/// `config.range` names the quantity, its value and its range.
pub fn within(name: Name, value: f64, min: f64, max: f64) -> Result<f64, Problem> {
    if value.is_finite() && value >= min && value <= max {
        return Ok(value);
    }
    let (en, zh) = name;
    Err(Problem::new(
        "config.range",
        Text::new(
            format!("The {en} is {value}; it must lie between {min} and {max}."),
            format!("{zh}为 {value}，应在 {min} 到 {max} 之间。"),
        ),
        Text::new(
            format!("Type a {en} from {min} to {max}."),
            format!("请输入 {min} 到 {max} 之间的{zh}。"),
        ),
    ))
}

/// A list whose length is within `min..=max`.
///
/// # Errors
/// `config.count` names the list, its length and its range.
pub fn count(name: Name, length: usize, min: usize, max: usize) -> Result<(), Problem> {
    if (min..=max).contains(&length) {
        return Ok(());
    }
    let (en, zh) = name;
    Err(Problem::new(
        "config.count",
        Text::new(
            format!("There are {length} {en}; there must be {min} to {max}."),
            format!("{zh}的数量为 {length}，应为 {min} 到 {max}。"),
        ),
        Text::new(
            format!("Give {min} to {max} {en}."),
            format!("请给出 {min} 到 {max} 个{zh}。"),
        ),
    ))
}

/// A problem whose table would hold more than `limit` states is refused before memory is taken.
///
/// # Errors
/// `config.states` says how many states there would be.
pub fn states(wanted: u64, limit: u64) -> Result<u32, Problem> {
    if wanted <= limit {
        return Ok(wanted as u32);
    }
    Err(Problem::new(
        "config.states",
        Text::new(
            format!("This problem has {wanted} states; at most {limit} fit in a table."),
            format!("该问题有 {wanted} 个状态，表格最多容纳 {limit} 个。"),
        ),
        Text::new(
            "Use fewer units, fewer periods or a coarser grid.",
            "请减少单位数、周期数，或使用更粗的网格。",
        ),
    ))
}
