//! Numbers as people read them on charts: `1.2 M`, `0.003`, `10⁻⁷`.

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// Powers of a thousand that have a letter, the largest first.
const LETTERS: [(f64, &str); 4] = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")];

/// From here on numbers are shortened by a letter; up to here all digits fit.
const LONG: f64 = 1e4;

/// A value in about four significant digits.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "–".to_owned()
        } else {
            signed(value < 0.0, "∞")
        };
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(9.9995e-5..9.9995e14).contains(&size) {
        return scientific(value);
    }
    let (unit, letter) = letter_for(size * 1.00005);
    let scaled = size / unit;
    let decimals = (3 - exponent(scaled).max(-4)).clamp(0, 7);
    signed(value < 0.0, &(trimmed(scaled, decimals as usize) + letter))
}

/// Labels of evenly spaced ticks: all with the same letter and as many decimals as their distance needs.
pub fn tick_labels(ticks: &[f64], step: f64) -> Vec<String> {
    let size = ticks.iter().fold(0.0_f64, |m, t| m.max(t.abs()));
    if size == 0.0 || step <= 0.0 || !size.is_finite() {
        return ticks.iter().map(|&t| short(t)).collect();
    }
    if size >= 1e15 || step < 9.9e-6 {
        return ticks
            .iter()
            .map(|&t| {
                if t == 0.0 {
                    "0".to_owned()
                } else {
                    scientific(t)
                }
            })
            .collect();
    }
    let (unit, letter) = letter_for(size);
    let decimals = (-exponent(step / unit * 1.000_001)).clamp(0, 9) as usize;
    let label = |&t: &f64| {
        let zero = t.abs() < step * 1e-6;
        let digits = format!("{:.decimals$}", t.abs() / unit);
        signed(
            t < 0.0 && !zero,
            &if zero {
                "0".to_owned()
            } else {
                digits + letter
            },
        )
    };
    ticks.iter().map(label).collect()
}

/// `10⁻³`, for whole decades of a logarithmic axis.
pub fn decade(power: i32) -> String {
    let digits = power.unsigned_abs().to_string();
    let raised = digits.bytes().map(|d| SUPERSCRIPTS[usize::from(d - b'0')]);
    let sign = if power < 0 { "⁻" } else { "" };
    format!("10{sign}{}", raised.collect::<String>())
}

/// The whole part of the decimal logarithm of a positive number.
pub fn exponent(value: f64) -> i32 {
    let guess = libm::floor(libm::log10(value)) as i32;
    // log10 may round across a power of ten.
    if power_of_ten(guess + 1) <= value {
        guess + 1
    } else if power_of_ten(guess) > value {
        guess - 1
    } else {
        guess
    }
}

/// 10 to a whole power.
pub fn power_of_ten(power: i32) -> f64 {
    libm::pow(10.0, f64::from(power))
}

fn letter_for(size: f64) -> (f64, &'static str) {
    let letter = LETTERS
        .iter()
        .find(|(unit, _)| size >= LONG && size >= *unit);
    letter.copied().unwrap_or((1.0, ""))
}

fn scientific(value: f64) -> String {
    let text = format!("{:.2e}", value.abs());
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power = decade(power.parse().unwrap_or(0));
    let digits = drop_zeros(digits);
    let body = if digits == "1" {
        power
    } else {
        format!("{digits}×{power}")
    };
    signed(value < 0.0, &body)
}

fn trimmed(value: f64, decimals: usize) -> String {
    drop_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn drop_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

fn signed(negative: bool, digits: &str) -> String {
    if negative {
        format!("−{digits}")
    } else {
        digits.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        let cases = [
            (0.0, "0"),
            (0.003, "0.003"),
            (0.1, "0.1"),
            (99.5, "99.5"),
            (1234.0, "1234"),
            (9999.99, "10 k"),
            (12_345.0, "12.35 k"),
            (1_200_000.0, "1.2 M"),
            (-0.25, "−0.25"),
            (3.2e-7, "3.2×10⁻⁷"),
            (1e-9, "10⁻⁹"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text, "{value}");
        }
    }

    #[test]
    fn ticks_share_letter_and_decimals() {
        assert_eq!(tick_labels(&[0.0, 0.5, 1.0], 0.5), ["0", "0.5", "1.0"]);
        assert_eq!(tick_labels(&[0.0, 5e5, 1e6], 5e5), ["0", "0.5 M", "1.0 M"]);
        assert_eq!(tick_labels(&[-20.0, 0.0], 20.0), ["−20", "0"]);
        assert_eq!(tick_labels(&[0.0, 0.003], 0.001), ["0", "0.003"]);
    }

    #[test]
    fn exponents_are_exact_at_powers_of_ten() {
        for power in -300..300 {
            assert_eq!(exponent(power_of_ten(power)), power);
        }
    }
}
