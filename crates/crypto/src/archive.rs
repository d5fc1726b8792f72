//! A long stream of bytes that only the holder of the county's secret can make and read: a backup.
//!
//! Format, a promise: the magic, 32 random bytes from which with the county's secret the file's own key follows, then
//! chunks: four bytes that say how long the chunk is and whether it is the last, and the chunk under
//! ChaCha20-Poly1305, with its place as nonce and those four bytes authenticated. So a file that was cut, reordered or
//! put together from two does not open.

use crate::county::CountySecret;
use crate::secret::{Secret32, random_bytes};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use std::io::{Error, ErrorKind, Read, Result, Write};

const MAGIC: &[u8; 8] = b"PLBACK01";
const SALT: usize = 32;
/// Bytes of text in a chunk.
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// Set in the length of the last chunk.
const LAST: u32 = 1 << 31;

struct Cipher {
    cipher: ChaCha20Poly1305,
    place: u64,
}

impl Cipher {
    fn new(key: &Secret32) -> Self {
        Self { cipher: ChaCha20Poly1305::new(key.as_bytes().into()), place: 0 }
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.place.to_be_bytes());
        self.place += 1;
        nonce.into()
    }
}

fn broken() -> Error {
    Error::new(ErrorKind::InvalidData, "not a whole backup of this county")
}

/// Seals what is written to it. [`Sealer::finish`] makes the file whole; without it nothing opens.
pub struct Sealer<W: Write> {
    to: W,
    cipher: Cipher,
    text: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What `to` says.
    pub fn new(secret: &CountySecret, mut to: W) -> Result<Self> {
        let salt = random_bytes::<SALT>();
        to.write_all(MAGIC)?;
        to.write_all(&salt)?;
        Ok(Self { to, cipher: Cipher::new(&secret.archive_key(&salt)), text: Vec::with_capacity(CHUNK) })
    }

    fn chunk(&mut self, last: bool) -> Result<()> {
        let head = (self.text.len() as u32 | if last { LAST } else { 0 }).to_be_bytes();
        let nonce = self.cipher.nonce();
        let sealed = self.cipher.cipher.encrypt(&nonce, Payload { msg: &self.text, aad: &head });
        self.to.write_all(&head)?;
        self.to.write_all(&sealed.map_err(|_| broken())?)?;
        self.text.clear();
        Ok(())
    }

    /// Writes the last chunk.
    ///
    /// # Errors
    /// What the inner writer says.
    pub fn finish(mut self) -> Result<W> {
        self.chunk(true)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.text.len() == CHUNK {
            self.chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.text.len());
        self.text.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        // A chunk goes out when it is full; a short one in the middle would only cost room.
        Ok(())
    }
}

/// Opens what a [`Sealer`] of the same county wrote. Reading to the end without an error means that it is whole.
pub struct Opener<R: Read> {
    from: R,
    cipher: Cipher,
    text: Vec<u8>,
    read: usize,
    done: bool,
}

impl<R: Read> Opener<R> {
    /// Begins to read a file.
    ///
    /// # Errors
    /// What `from` says, or that it is no backup.
    pub fn new(secret: &CountySecret, mut from: R) -> Result<Self> {
        let (mut magic, mut salt) = ([0; MAGIC.len()], [0; SALT]);
        from.read_exact(&mut magic)?;
        from.read_exact(&mut salt)?;
        if &magic != MAGIC {
            return Err(broken());
        }
        let cipher = Cipher::new(&secret.archive_key(&salt));
        Ok(Self { from, cipher, text: Vec::new(), read: 0, done: false })
    }

    fn chunk(&mut self) -> Result<()> {
        let mut head = [0; 4];
        self.from.read_exact(&mut head).map_err(|_| broken())?;
        let said = u32::from_be_bytes(head);
        let length = (said & !LAST) as usize;
        if length > CHUNK {
            return Err(broken());
        }
        let mut sealed = vec![0; length + TAG];
        self.from.read_exact(&mut sealed).map_err(|_| broken())?;
        let nonce = self.cipher.nonce();
        let text = self.cipher.cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &head });
        self.text = text.map_err(|_| broken())?;
        self.read = 0;
        self.done = said & LAST != 0;
        // Nothing comes after the last one.
        if self.done && self.from.read(&mut [0])? != 0 { Err(broken()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        while self.read == self.text.len() {
            if self.done {
                return Ok(0);
            }
            self.chunk()?;
        }
        let taken = to.len().min(self.text.len() - self.read);
        to[..taken].copy_from_slice(&self.text[self.read..self.read + taken]);
        self.read += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(secret: &CountySecret, text: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(secret, Vec::new()).unwrap();
        sealer.write_all(text).unwrap();
        sealer.finish().unwrap()
    }

    fn open(secret: &CountySecret, file: &[u8]) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        Opener::new(secret, file)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_went_in_comes_out_whatever_its_length() {
        let secret = CountySecret::generate();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let text: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            assert!(open(&secret, &sealed(&secret, &text)).unwrap() == text, "{length}");
        }
    }

    #[test]
    fn nothing_opens_that_is_cut_changed_reordered_or_another_countys() {
        let secret = CountySecret::generate();
        let file = sealed(&secret, &vec![7; 2 * CHUNK + 100]);
        for cut in [0, 7, 20, 41, 60_000, 40 + 4 + CHUNK + TAG, file.len() - 1] {
            assert!(open(&secret, &file[..cut]).is_err(), "{cut}");
        }
        for at in [0, 9, 40, 43, 44, 70_000, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&secret, &changed).is_err(), "{at}");
        }
        let one = 4 + CHUNK + TAG;
        let swapped =
            [&file[..40], &file[40 + one..40 + 2 * one], &file[40..40 + one], &file[40 + 2 * one..]];
        assert!(open(&secret, &swapped.concat()).is_err());
        assert!(open(&secret, &[&file[..], b"x"].concat()).is_err());
        assert!(open(&CountySecret::generate(), &file).is_err());
        assert!(open(&secret, &file).is_ok());
    }
}
