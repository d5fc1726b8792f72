/// What a file may cost to read. The defaults are far above what real reports need (30–70 kB each, seven
/// levels deep) and keep one import under 64 MiB of memory, whatever the file holds.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the whole file.
    pub file_bytes: u64,
    /// Bytes of one tag, comment or run of text. Unread sections may hold images as base64 text.
    pub token_bytes: u64,
    /// Elements inside each other.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Bytes of one attribute value.
    pub attribute_bytes: usize,
    /// Bytes of text of one element that is read (a narrative has at most 10,000 characters).
    pub text_bytes: usize,
    /// Elements that are read, in one report.
    pub report_elements: usize,
    /// Bytes of text that are read, in one report.
    pub report_bytes: usize,
    /// Problems told about one report.
    pub report_problems: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 64 << 20,
            token_bytes: 8 << 20,
            depth: 32,
            attributes: 32,
            attribute_bytes: 4 << 10,
            text_bytes: 64 << 10,
            report_elements: 20_000,
            report_bytes: 2 << 20,
            report_problems: 20,
        }
    }
}
