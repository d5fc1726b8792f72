//! How lines are packed: zstd, with a dictionary where little is said.
//!
//! One visit is mostly the names of its fields and the form of its lines. A dictionary that knows these saves a short
//! message much of its size; a long one learns them by itself. Every frame says the number of its dictionary, or that it
//! has none, so whoever knows the dictionary reads both. A dictionary that was released is kept for ever
//! (`porchlight-bench --train` makes the next one).

use std::io::Read;
use std::sync::LazyLock;
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::stream::write::Encoder;

/// Trained on the form of what is said, and on nobody's words.
const FIRST: &[u8] = include_bytes!("dictionary/1.dict");

/// What is large goes over a fast line, and an answer is made while it is sent: a higher level costs more time than it
/// saves.
const LEVEL: i32 = 3;
/// What is small, or goes in small pages because the line is thin, is compressed thoroughly, in some hundredths of a
/// second, and with the dictionary.
const THOROUGH: i32 = 9;
const SMALL: usize = 256 * 1024;

static ANSWERS: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(FIRST, LEVEL));
static REQUESTS: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(FIRST, THOROUGH));
static READING: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(FIRST));

/// Compresses a whole body.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let packed = if bytes.len() <= SMALL {
        let short = zstd::bulk::Compressor::with_prepared_dictionary(&REQUESTS);
        short.and_then(|mut short| short.compress(bytes))
    } else {
        zstd::bulk::compress(bytes, LEVEL)
    };
    packed.unwrap_or_default()
}

/// Decompresses a whole body of at most `limit` bytes; `None` when it is larger, cut off or not zstd.
pub fn decompress_all(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_prepared_dictionary(bytes, reading()).ok()?;
    decoder.take(limit as u64 + 1).read_to_end(&mut out).ok()?;
    (out.len() <= limit).then_some(out)
}

/// Packs an answer while it is made; with the dictionary for an app that has it ([`crate::wire::Hello::reads`]).
///
/// # Errors
/// No memory for a compressor.
pub fn answer(dictionary: bool) -> std::io::Result<Encoder<'static, Vec<u8>>> {
    match dictionary {
        true => Encoder::with_prepared_dictionary(Vec::new(), &ANSWERS),
        false => Encoder::new(Vec::new(), LEVEL),
    }
}

/// To read whatever is packed, with the dictionary or without.
pub fn reading() -> &'static DecoderDictionary<'static> {
    &READING
}

#[cfg(test)]
mod tests {
    use super::{compress, decompress_all};
    use std::io::Read;

    const VISIT: &str = r#"{"v":1,"app":"0.1.0","r":2,"now":1790000000000}
{"c":{"id":"01a10042-6268-7194-9772-948aeb15d199","record":"01a10042-6268-7194-9772-948aeb15d199","kind":"visit","person":"01a10042-6268-7755-ae32-587408c47704","op":"create","author":"01a10042-6268-78af-9d5d-8a6ef1ffbb01","device":"01a10042-6268-7bc9-b1ea-cbda54aede02","stamp":117375350407168000,"happened_at":1791005713000,"fields":{"happened_at":{"v":1791005713000},"minutes":{"v":25},"notes":{"v":"left a kit"}}}}
"#;

    #[test]
    fn a_short_message_is_much_smaller_with_the_dictionary_and_both_forms_are_read() {
        let (with, without) =
            (compress(VISIT.as_bytes()), zstd::bulk::compress(VISIT.as_bytes(), 9).unwrap());
        assert!(with.len() * 3 < without.len() * 2, "{} for {}", with.len(), without.len());
        for packed in [&with, &without] {
            assert_eq!(decompress_all(packed, 4_096).unwrap(), VISIT.as_bytes());
        }
        let mut text = Vec::new();
        let read = zstd::stream::read::Decoder::new(with.as_slice()).unwrap().read_to_end(&mut text);
        assert!(read.is_err(), "the control: it takes the dictionary");
    }

    #[test]
    fn the_released_dictionary_is_what_it_was() {
        let sum = crypto::proof::body_digest(super::FIRST);
        let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            sum, "dc46e00fa102f7c7ae653f93a0128aac5c6515b754befa390c55586afe668d12",
            "other devices have it: another one gets another number"
        );
    }
}
