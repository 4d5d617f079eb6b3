//! Masking (RFC 6455 §5.3): a fresh unpredictable key for every frame, and the XOR itself.

/// Masking keys from the operating system's random source, fetched a few hundred at a time.
#[derive(Debug)]
pub(in crate::protocol) struct MaskingKeys {
    pool: [u8; Self::POOL],
    used: usize,
}

impl MaskingKeys {
    /// Bytes that one system call fetches. One call per frame would be too slow at a million frames a second.
    const POOL: usize = 2048;

    pub(in crate::protocol) fn new() -> Self {
        Self { pool: [0; Self::POOL], used: Self::POOL }
    }

    /// Returns a key from fresh random bytes.
    ///
    /// # Panics
    /// When the operating system has no random source: without one, nothing can be sent safely.
    pub(in crate::protocol) fn next(&mut self) -> [u8; 4] {
        if self.used == Self::POOL {
            getrandom::fill(&mut self.pool).expect("the operating system provides random bytes");
            self.used = 0;
        }
        let key = &self.pool[self.used..self.used + 4];
        self.used += 4;
        [key[0], key[1], key[2], key[3]]
    }
}

/// Bytes that are copied before they are masked: few enough to still be in the L1 cache.
const BLOCK: usize = 8 * 1024;

/// Appends `payload` to `out`, masked; `key[0]` masks its first byte.
pub(super) fn append(key: [u8; 4], payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len());
    let mut rest = payload;
    while !rest.is_empty() {
        let (block, more) = rest.split_at(rest.len().min(BLOCK));
        let start = out.len();
        out.extend_from_slice(block);
        apply(key, &mut out[start..]);
        rest = more;
    }
}

/// Masks `payload` in place; `key[0]` masks its first byte. Masking twice restores the payload.
pub(in crate::protocol) fn apply(key: [u8; 4], payload: &mut [u8]) {
    let narrow = u32::from_ne_bytes(key);
    let wide = u128::from(narrow) * 0x0000_0001_0000_0001_0000_0001_0000_0001;
    let (blocks, rest) = payload.as_chunks_mut::<16>();
    for block in blocks {
        *block = (u128::from_ne_bytes(*block) ^ wide).to_ne_bytes();
    }
    let (words, rest) = rest.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ narrow).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_follows_the_algorithm_of_the_rfc() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for len in 0..40 {
            let payload: Vec<u8> = (0..len).collect();
            let mut masked = payload.clone();
            apply(key, &mut masked);
            for (i, (byte, original)) in masked.iter().zip(&payload).enumerate() {
                assert_eq!(*byte, original ^ key[i % 4]);
            }
            apply(key, &mut masked);
            assert_eq!(masked, payload);
        }
    }

    #[test]
    fn the_example_of_the_rfc() {
        let mut hello = *b"Hello";
        apply([0x37, 0xfa, 0x21, 0x3d], &mut hello);
        assert_eq!(hello, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn keys_do_not_repeat() {
        let mut keys = MaskingKeys::new();
        let drawn: std::collections::HashSet<_> = (0..2000).map(|_| keys.next()).collect();
        // Among 2000 random keys of 32 bits, one repeat happens once in two thousand runs, two practically
        // never.
        assert!(drawn.len() >= 1999, "{}", drawn.len());
    }
}
