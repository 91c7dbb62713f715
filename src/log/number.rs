//! Prices and quantities as logs write them.

const POWERS: [f64; 19] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18,
];

/// Reads a number, correctly rounded: `2.55`, `-3`, `1e-3`, `1,234.50`, `$9.99`; with decimal comma `2,55` and
/// `1.234,50`. `None` for anything else; infinities and NaN are returned as such.
pub(super) fn parse(text: &[u8], decimal_comma: bool) -> Option<f64> {
    plain(text, if decimal_comma { b',' } else { b'.' }).or_else(|| general(text, decimal_comma))
}

/// Digits with at most one decimal mark. Below 2^53 and 10^18 one division of exact numbers rounds correctly
/// (W. Clinger, "How to read floating point numbers accurately", 1990; exact powers reach 10^22).
fn plain(text: &[u8], mark: u8) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let (mut value, mut seen, mut decimals) = (0_u64, false, 0);
    for &byte in digits {
        if byte == mark && !seen {
            seen = true;
        } else if byte.is_ascii_digit() {
            value = value * 10 + u64::from(byte - b'0');
            decimals += usize::from(seen);
        } else {
            return None;
        }
    }
    if value >= 1 << 53 || digits.len() == usize::from(seen) {
        return None;
    }
    let value = value as f64 / POWERS[decimals];
    Some(if negative { -value } else { value })
}

/// Everything rarer: currency signs, grouped thousands, exponents.
fn general(text: &[u8], decimal_comma: bool) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let text = text
        .trim_start_matches(['$', '€', '£', '¥', '¥'])
        .trim_end_matches(['€', '元'])
        .trim();
    if !text.starts_with(|c: char| {
        c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ',' | 'N' | 'n' | 'i' | 'I')
    }) {
        return None;
    }
    let (mark, group) = if decimal_comma {
        (',', '.')
    } else {
        ('.', ',')
    };
    let (whole, rest) = text.split_once(mark).unwrap_or((text, ""));
    let mut plain = String::with_capacity(text.len());
    for (index, part) in whole.split(group).enumerate() {
        let digits = part.trim_start_matches(['-', '+']);
        if index > 0 && (part.len() != 3 || digits.len() != 3) {
            return None;
        }
        plain.push_str(part);
    }
    if text.contains(mark) {
        plain.push('.');
        plain.push_str(rest);
    }
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_shops_write() {
        for (text, comma, want) in [
            ("2,55", true, Some(2.55)),
            ("2.55", false, Some(2.55)),
            ("1,234.50", false, Some(1234.5)),
            ("1.234,50", true, Some(1234.5)),
            ("$9.99", false, Some(9.99)),
            ("¥12", false, Some(12.0)),
            ("-24", false, Some(-24.0)),
            ("1e-3", false, Some(0.001)),
            ("2,55", false, None),
            ("1,2,3", false, None),
            ("abc", false, None),
            ("", false, None),
            (".", false, None),
            ("-", false, None),
        ] {
            assert_eq!(parse(text.as_bytes(), comma), want, "{text}");
        }
        assert!(parse(b"NaN", false).is_some_and(f64::is_nan));
        assert_eq!(parse(b"inf", false), Some(f64::INFINITY));
        assert_eq!(parse(b"1e999", false), Some(f64::INFINITY));
    }

    proptest! {
        #[test]
        fn rounds_as_the_standard_library(mantissa in any::<u32>(), decimals in 0_usize..9) {
            let text = format!("{:.*}", decimals, f64::from(mantissa) / 1000.0);
            prop_assert_eq!(parse(text.as_bytes(), false), text.parse().ok());
        }
    }
}
