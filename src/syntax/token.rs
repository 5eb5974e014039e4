//! What the tokenizers of nginx and HAProxy share: a token, and classes of bytes.

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<K> {
    /// What it is.
    pub kind: K,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// White space.
pub(super) const SPACE: u8 = 1;
/// Ends a word, or needs a look while inside one.
pub(super) const STOP: u8 = 2;

/// The classes of all bytes: white space, which also ends words, and what else does.
pub(super) const fn classes(space: &[u8], stops: &[u8]) -> [u8; 256] {
    let mut class = [0; 256];
    let mut at = 0;
    while at < space.len() {
        class[space[at] as usize] = SPACE | STOP;
        at += 1;
    }
    at = 0;
    while at < stops.len() {
        class[stops[at] as usize] |= STOP;
        at += 1;
    }
    class
}
