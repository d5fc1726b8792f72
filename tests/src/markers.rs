//! Fifty words that nobody else writes, and the search for them in everything that lies in a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many there are.
pub const MARKERS: usize = 50;

const STEM: &str = "larkspurzq";

/// The n-th marker, from 0.
pub fn marker(n: usize) -> String {
    format!("{STEM}{n:02}")
}

/// Every file under `folder` that holds a marker, in UTF-8 or in UTF-16, in whatever case: the file, and which.
///
/// # Errors
/// When a file cannot be read.
pub fn find(folder: &Path) -> std::io::Result<Vec<(PathBuf, BTreeSet<usize>)>> {
    let mut found = Vec::new();
    for file in files(folder)? {
        let name = file.to_string_lossy().to_lowercase().into_bytes();
        let mut held = held(&std::fs::read(&file)?);
        held.extend(self::held(&name));
        if !held.is_empty() {
            found.push((file, held));
        }
    }
    Ok(found)
}

/// All files under a folder, at any depth.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// The markers in some bytes. A stem whose number is cut off counts as the first marker: it is a leak all the same.
pub fn held(bytes: &[u8]) -> BTreeSet<usize> {
    let lower = bytes.to_ascii_lowercase();
    let wide: Vec<u8> = STEM.bytes().flat_map(|byte| [byte, 0]).collect();
    let mut found = BTreeSet::new();
    for (needle, step) in [(STEM.as_bytes(), 1), (wide.as_slice(), 2)] {
        for at in occurrences(&lower, needle) {
            let digits: Vec<u8> = lower[at + needle.len()..].iter().step_by(step).take(2).copied().collect();
            let number = std::str::from_utf8(&digits).ok().and_then(|text| text.parse().ok());
            found.insert(number.unwrap_or(0));
        }
    }
    found
}

fn occurrences<'a>(hay: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let starts = hay.iter().enumerate().filter(|(_, byte)| **byte == needle[0]);
    starts.map(|(at, _)| at).filter(|at| hay[*at..].starts_with(needle))
}
