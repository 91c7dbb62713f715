//! From the bytes of a file to UTF-8 text: guesses the encoding and decodes as it streams.

use super::decoders::{Decode, Decoded, Decoders, missing};
use super::options::TextEncoding;
use crate::problem::Problem;

/// The encoding that the first bytes of a file speak for. `whole`: the file ends with them.
///
/// Marks first, then the zeros of UTF-16, then strict UTF-8; what is left is GB18030 when its bytes pair up into
/// common Chinese characters, else Windows-1252.
pub(super) fn guess(sample: &[u8], whole: bool) -> TextEncoding {
    if sample.starts_with(&[0xef, 0xbb, 0xbf]) {
        return TextEncoding::Utf8;
    }
    if sample.starts_with(&[0xff, 0xfe]) {
        return TextEncoding::Utf16Le;
    }
    if sample.starts_with(&[0xfe, 0xff]) {
        return TextEncoding::Utf16Be;
    }
    if let Some(encoding) = guess_utf16(sample) {
        return encoding;
    }
    let utf8 = utf8_share(sample, whole);
    if utf8.wrong == 0 || utf8.right > utf8.wrong {
        TextEncoding::Utf8
    } else if is_gb18030(sample) {
        TextEncoding::Gb18030
    } else {
        TextEncoding::Windows1252
    }
}

/// UTF-16 of mostly ASCII has a zero in every other byte.
fn guess_utf16(sample: &[u8]) -> Option<TextEncoding> {
    let pairs = sample.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zeros = |offset: usize| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 > pairs * 3 && even * 50 < pairs {
        Some(TextEncoding::Utf16Le)
    } else if even * 10 > pairs * 3 && odd * 50 < pairs {
        Some(TextEncoding::Utf16Be)
    } else {
        None
    }
}

struct Utf8Share {
    /// Characters of more than one byte.
    right: usize,
    /// Sequences that are no UTF-8.
    wrong: usize,
}

fn utf8_share(sample: &[u8], whole: bool) -> Utf8Share {
    let mut share = Utf8Share { right: 0, wrong: 0 };
    for chunk in sample.utf8_chunks() {
        share.right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        share.wrong += usize::from(!chunk.invalid().is_empty());
    }
    if !whole && share.wrong > 0 && ends_inside_character(sample) {
        share.wrong -= 1;
    }
    share
}

/// Whether the bytes end with the beginning of a UTF-8 character.
fn ends_inside_character(sample: &[u8]) -> bool {
    match std::str::from_utf8(sample.rsplit(u8::is_ascii).next().unwrap_or(&[])) {
        Ok(_) => false,
        Err(error) => error.error_len().is_none(),
    }
}

/// Whether the bytes above ASCII pair up into characters of GB2312's common planes. In Western text they stand
/// alone between letters, which GB18030 reads as rare characters or not at all.
fn is_gb18030(sample: &[u8]) -> bool {
    let (mut common, mut pairs, mut broken) = (0_usize, 0_usize, 0_usize);
    let mut rest = sample;
    while let [first, tail @ ..] = rest {
        if *first < 0x80 {
            rest = tail;
            continue;
        }
        let Some(&second) = tail.first() else { break };
        pairs += 1;
        if !(0x40..=0xfe).contains(&second) && !second.is_ascii_digit() || second == 0x7f {
            broken += 1;
            rest = tail;
            continue;
        }
        let plane = matches!(first, 0xa1..=0xa3 | 0xb0..=0xd7 | 0xd8..=0xf7);
        common += usize::from(plane && second >= 0xa1);
        rest = &tail[1..];
    }
    pairs > 0 && broken * 20 <= pairs && common * 10 >= pairs * 7
}

/// Decodes a file as it streams. UTF-8 passes through unchecked (rows are checked where they are read); what the
/// other encodings can't read becomes U+FFFD.
pub(super) struct TextDecoder {
    encoding: TextEncoding,
    decoders: Decoders,
    decoder: Option<Box<dyn Decode>>,
    /// For GB18030 alone.
    pairs: Option<Pairs>,
}

impl TextDecoder {
    /// A decoder at the start of a file.
    ///
    /// # Errors
    /// `log.needs-decoder` where `decoders` has none for this encoding.
    pub(super) fn new(encoding: TextEncoding, decoders: &Decoders) -> Result<Self, Problem> {
        let make = || {
            decoders
                .decoder(encoding)
                .ok_or_else(|| missing(encoding.label()))
        };
        Ok(Self {
            encoding,
            decoder: match encoding {
                TextEncoding::Utf8 => None,
                _ => Some(make()?),
            },
            pairs: match encoding {
                TextEncoding::Gb18030 => Some(Pairs::of(make()?)),
                _ => None,
            },
            decoders: decoders.clone(),
        })
    }

    /// Goes on in another encoding, before any byte that is not ASCII.
    ///
    /// # Errors
    /// As [`TextDecoder::new`].
    pub(super) fn turn_to(&mut self, encoding: TextEncoding) -> Result<(), Problem> {
        *self = Self::new(encoding, &self.decoders)?;
        Ok(())
    }

    pub(super) fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    /// Decodes the beginning of `source` into `target`; `last`: the file ends with `source`.
    pub(super) fn decode(&mut self, source: &[u8], target: &mut [u8], last: bool) -> Decoded {
        if let Some(decoder) = &mut self.decoder {
            return decoder.decode(source, target, last);
        }
        let count = source.len().min(target.len());
        target[..count].copy_from_slice(&source[..count]);
        Decoded {
            read: count,
            written: count,
            done: count == source.len(),
        }
    }

    /// How many bytes `text` takes in the file.
    pub(super) fn source_len(&self, text: &[u8]) -> u64 {
        match self.encoding {
            TextEncoding::Utf8 => text.len() as u64,
            TextEncoding::Windows1252 => characters(text).count() as u64,
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => {
                2 * characters(text)
                    .map(|lead| if lead >= 0xf0 { 2 } else { 1 })
                    .sum::<u64>()
            }
            TextEncoding::Gb18030 => self.gb18030_len(text),
        }
    }

    fn gb18030_len(&self, text: &[u8]) -> u64 {
        let of = |character: char| match character {
            '\u{fffd}' => 1,
            _ if character.is_ascii() => 1,
            _ if self.pairs.as_ref().is_some_and(|p| p.hold(character)) => 2,
            _ => 4,
        };
        let chunks = text.utf8_chunks();
        chunks.flat_map(|chunk| chunk.valid().chars()).map(of).sum()
    }
}

/// The characters that GB18030 writes as two bytes, a bit for each of the basic plane; all others take four.
struct Pairs(Vec<u64>);

impl Pairs {
    /// Asks a decoder for every pair there is, each on a line of its own.
    fn of(mut decoder: Box<dyn Decode>) -> Self {
        let trails = || (0x40..=0xfe).filter(|&trail| trail != 0x7f);
        let pairs = (0x81..=0xfe).flat_map(|lead| trails().map(move |trail| [lead, trail, b'\n']));
        let source: Vec<u8> = pairs.flatten().collect();
        let mut text = vec![0; source.len() * 3];
        let decoded = decoder.decode(&source, &mut text, true);
        let mut bits = vec![0; 0x1_0000 / 64];
        let text = String::from_utf8_lossy(&text[..decoded.written]);
        for line in text.lines() {
            let mut characters = line.chars();
            if let (Some(character), None) = (characters.next(), characters.next())
                && let Some(word) = bits.get_mut(character as usize / 64)
            {
                *word |= 1 << (character as u32 % 64);
            }
        }
        Self(bits)
    }

    fn hold(&self, character: char) -> bool {
        let word = self.0.get(character as usize / 64);
        word.is_some_and(|word| word >> (character as u32 % 64) & 1 == 1)
    }
}

/// The first byte of every character of UTF-8 text.
fn characters(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().copied().filter(|byte| byte & 0xc0 != 0x80)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::log::Nothing;
    use encoding_rs::{GB18030, WINDOWS_1252};

    fn decoder(encoding: TextEncoding) -> TextDecoder {
        TextDecoder::new(encoding, &Decoders::default()).unwrap()
    }

    #[test]
    fn without_a_decoder_the_encoding_is_named() {
        let none = Decoders::new(Nothing);
        assert!(TextDecoder::new(TextEncoding::Utf8, &none).is_ok());
        let problem = TextDecoder::new(TextEncoding::Gb18030, &none)
            .err()
            .unwrap();
        assert_eq!(problem.code, "log.needs-decoder");
        assert!(problem.what.en.contains("gb18030"));
    }

    #[test]
    fn every_character_takes_the_bytes_that_the_library_writes() {
        let decoder = decoder(TextEncoding::Gb18030);
        // Left out: what the decoder never gives, and U+FFFD, which stands for one unreadable byte.
        let written = |c: &char| {
            if *c == '\u{fffd}' {
                return false;
            }
            let text = c.to_string();
            GB18030
                .decode_without_bom_handling(&GB18030.encode(&text).0)
                .0
                == text
        };
        for character in ('\u{80}'..='\u{2ffff}').filter(written) {
            let text = character.to_string();
            let bytes = GB18030.encode(&text).0.len() as u64;
            assert_eq!(decoder.source_len(text.as_bytes()), bytes, "{character:?}");
        }
    }

    #[test]
    fn tells_encodings_apart() {
        let chinese = "用户，商品，行为\n张三，连衣裙，点击\n李四，牛仔裤，购买\n";
        let western = "Käufer,Artikel\nMüller,Tür\nGarçon,Café crème\n";
        assert_eq!(guess(chinese.as_bytes(), true), TextEncoding::Utf8);
        assert_eq!(guess(western.as_bytes(), true), TextEncoding::Utf8);
        assert_eq!(
            guess(&GB18030.encode(chinese).0, true),
            TextEncoding::Gb18030
        );
        assert_eq!(
            guess(&WINDOWS_1252.encode(western).0, true),
            TextEncoding::Windows1252
        );
        let utf16: Vec<u8> = western.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(guess(&utf16, true), TextEncoding::Utf16Le);
        let utf16: Vec<u8> = western.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(guess(&utf16, true), TextEncoding::Utf16Be);
    }

    #[test]
    fn a_character_cut_by_the_end_of_the_sample_is_no_error() {
        let text = "用户".as_bytes();
        assert_eq!(guess(&text[..5], false), TextEncoding::Utf8);
        assert_ne!(guess(&text[..2], true), TextEncoding::Utf8);
    }

    #[test]
    fn source_length_is_that_of_the_file() {
        for (encoding, library) in [
            (TextEncoding::Gb18030, GB18030),
            (TextEncoding::Windows1252, WINDOWS_1252),
        ] {
            let text = if encoding == TextEncoding::Gb18030 {
                "a用户😀ü"
            } else {
                "aüé€"
            };
            let bytes = library.encode(text).0;
            let decoder = decoder(encoding);
            assert_eq!(decoder.source_len(text.as_bytes()), bytes.len() as u64);
        }
        let decoder = decoder(TextEncoding::Utf16Le);
        assert_eq!(decoder.source_len("a用😀".as_bytes()), 8);
    }
}
