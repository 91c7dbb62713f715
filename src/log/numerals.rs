//! Names that are small plain numbers, as most shops number users and goods: found by their value, without a hash.

use super::NONE;
use super::intern::Span;

/// The numbers kept here are below this.
const LIMIT: u64 = 1 << 24;
/// Most digits that a number kept here has.
pub(super) const LONGEST: usize = 8;
/// Numbers of a page.
const PAGE: usize = 1 << 8;

/// From plain numbers to the numbers of their names. Pages are made when they are first needed, so that a shop whose
/// numbers lie close together takes 4 bytes a number; one that scatters them takes at most 64 MiB.
pub(super) struct Numerals {
    /// For each page of numbers its place in `pages`; 0 where there is none yet.
    places: Vec<u32>,
    /// Pages one after the other; the first is that of the numbers not seen, and stays so.
    pages: Vec<u32>,
}

impl Numerals {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            pages: vec![NONE; PAGE],
        }
    }

    /// Bytes of memory taken.
    pub(super) fn bytes(&self) -> usize {
        (self.places.capacity() + self.pages.capacity()) * 4
    }

    /// The number of the name that `value` is; [`NONE`] if it was not set.
    #[inline(always)]
    pub(super) fn get(&self, value: u32) -> u32 {
        let place = self.places.get(value as usize / PAGE);
        let place = place.copied().unwrap_or(0) as usize;
        self.pages[place * PAGE + value as usize % PAGE]
    }

    /// Sets it.
    #[inline]
    pub(super) fn set(&mut self, value: u32, number: u32) {
        let page = value as usize / PAGE;
        let mut place = self.places.get(page).map_or(0, |&place| place as usize);
        if place == 0 {
            place = self.make(page);
        }
        self.pages[place * PAGE + value as usize % PAGE] = number;
    }

    #[cold]
    fn make(&mut self, page: usize) -> usize {
        if page >= self.places.len() {
            self.places.resize((page + 1).next_power_of_two(), 0);
        }
        let place = self.pages.len() / PAGE;
        self.places[page] = place as u32;
        self.pages.resize(self.pages.len() + PAGE, NONE);
        place
    }
}

/// The value of the name at `span`, if it is written as plain numbers are (digits without a leading zero) and the text
/// goes on for eight bytes; else [`NONE`].
#[inline(always)]
pub(super) fn plain(text: &[u8], span: Span) -> u32 {
    let length = span.end.wrapping_sub(span.start);
    let word = text.get(span.start as usize..).map(<[u8]>::first_chunk);
    let Some(Some(&bytes)) = word else {
        return NONE;
    };
    let word = u64::from_le_bytes(bytes);
    if !(1..=8).contains(&length) || (word as u8 == b'0' && length > 1) {
        return NONE;
    }
    match eight_digits(last_digits(word, length as usize)) {
        Some(value) if value < LIMIT => value as u32,
        _ => NONE,
    }
}

/// Appends the digits of a number kept here.
pub(super) fn write(value: u32, out: &mut Vec<u8>) {
    let mut digits = [b'0'; LONGEST];
    let mut rest = value;
    let mut first = LONGEST;
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

/// The first `count` (1 to 8) characters of eight as the last of eight, with zeros before them.
#[inline(always)]
pub(super) fn last_digits(word: u64, count: usize) -> u64 {
    let above = 64 - 8 * count as u32;
    let zeros = 0x3030_3030_3030_3030 & !(u64::MAX << above);
    word << above | zeros
}

/// The value of eight ASCII digits, the first in the lowest byte, or `None`. Works on all eight at once (Lemire,
/// "Quickly parsing eight digits", 2018).
#[inline(always)]
pub(super) fn eight_digits(word: u64) -> Option<u64> {
    let digits = word.wrapping_sub(0x3030_3030_3030_3030);
    let above = word.wrapping_add(0x4646_4646_4646_4646);
    if (digits | above) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let left = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let right = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    Some(left.wrapping_add(right) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_what_prints_the_same_is_a_plain_number(text in "[0-9]{1,8}|[0-9a:/-]{1,9}|0|") {
            let mut bytes = vec![b'7'];
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(b"12345678");
            let span = Span { start: 1, end: 1 + text.len() as u32 };
            let value: Option<u32> = text.parse().ok();
            let want = value.filter(|value| u64::from(*value) < LIMIT && value.to_string() == text);
            prop_assert_eq!(plain(&bytes, span), want.unwrap_or(NONE));
        }
    }
}
