//! Sizes in bytes as people write them: `4096`, `64K`, `1M`, `2G`, in powers of 1024.

/// The most that a buffer keeps when it is reused: one large message must not cost memory for ever.
pub const KEPT_CAPACITY: usize = 1 << 20;

/// Reads a size in bytes.
///
/// # Errors
/// Says what is wrong and shows a size that would be accepted.
pub fn parse(text: &str) -> Result<u64, String> {
    const EXAMPLE: &str = "not a size; write bytes such as 4096, or 64K, 1M, 2G";
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text[digits.len()..].to_ascii_lowercase()[..] {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(EXAMPLE.to_owned()),
    };
    let Ok(number) = digits.parse::<u64>() else {
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        return Err(if is_number { too_large() } else { EXAMPLE.to_owned() });
    };
    number.checked_mul(1 << shift).ok_or_else(too_large)
}

fn too_large() -> String {
    "larger than a size can be; write 64K, 1M, 2G".to_owned()
}

/// Shows a size as `parse` reads it back, in the largest unit that loses nothing.
pub fn exact(bytes: u64) -> String {
    for (shift, unit) in [(40, "T"), (30, "G"), (20, "M"), (10, "K")] {
        if bytes != 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in
            [("0", 0), ("4096", 4096), ("64K", 65536), ("1m", 1 << 20), ("2G", 2 << 30), ("3MiB", 3 << 20)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_answered_with_one() {
        for text in ["", "K", "1.5M", "-1", "12X", "1 M", "٣"] {
            assert!(parse(text).unwrap_err().contains("64K"), "{text}");
        }
        assert!(parse("99999999999999999999").unwrap_err().contains("larger"));
        assert!(parse("99999999T").unwrap_err().contains("larger"));
    }

    #[test]
    fn exact_reads_back() {
        for bytes in [0, 1, 1023, 1024, 1 << 20, (1 << 20) + 1, 64 << 20, 1 << 40] {
            assert_eq!(parse(&exact(bytes)), Ok(bytes));
        }
        assert_eq!(exact(64 << 20), "64M");
    }
}
