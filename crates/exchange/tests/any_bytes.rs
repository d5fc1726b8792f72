//! Whatever the bytes: an answer, never a panic.

mod support;

use std::io::{self, BufReader};
use std::sync::LazyLock;

use exchange::nemsis::{Limits, ReportOutcome, read_reports};
use exchange::triage::triage;
use proptest::prelude::*;
use support::{fixture_text, read};

static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| fixture_text("two_survivors.xml").into_bytes());

/// Pieces that mean something to an XML reader.
const PIECES: [&str; 16] = [
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&#x41;",
    "\"",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "xsi:nil=\"true\"",
    "\0",
    "<Header>",
    "</PatientCareReport>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let read = read(&bytes);
        prop_assert!(read.valid.is_empty() && read.result.is_err());
    }

    #[test]
    fn mutated_files(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0usize..40, prop::sample::select(PIECES.to_vec())),
            1..5,
        ),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut file = FILE.clone();
        for (at, length, piece) in &changes {
            let at = at.index(file.len());
            let end = (at + length).min(file.len());
            file.splice(at..end, piece.bytes());
        }
        for (at, byte) in &bytes {
            let at = at.index(file.len());
            file[at] = *byte;
        }
        let found = read(&file);
        prop_assert!(found.invalid.iter().all(|problems| !problems.is_empty()));
        if let Ok(summary) = found.result {
            prop_assert_eq!((summary.valid, summary.invalid), (found.valid.len() as u64, found.invalid.len() as u64));
        }
        prop_assert!(found.valid.iter().all(|report| triage(report).reasons.len() <= 10));
    }

    #[test]
    fn the_size_of_the_pieces_a_file_arrives_in_changes_nothing(capacity in 1usize..200) {
        let mut ids = Vec::new();
        let input = BufReader::with_capacity(capacity, io::Cursor::new(FILE.as_slice()));
        let summary = read_reports(input, &Limits::default(), &mut |outcome| if let ReportOutcome::Valid(draft) = outcome {
            ids.push((draft.id.clone(), draft.line));
        });
        let whole = read(&FILE);
        prop_assert_eq!(summary, whole.result);
        prop_assert_eq!(ids, whole.valid.iter().map(|draft| (draft.id.clone(), draft.line)).collect::<Vec<_>>());
    }
}
