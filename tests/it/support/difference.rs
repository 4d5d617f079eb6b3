//! Where two outputs part, told so that a person sees it at once.

/// Outputs can be many MiB; a failure shows at most this much of a line, or of a whole stream.
const SHOWN: usize = 2000;

/// Names the first line that differs, with both versions of it.
pub fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let mut expected_lines = expected.split_inclusive(|&byte| byte == b'\n');
    let mut actual_lines = actual.split_inclusive(|&byte| byte == b'\n');
    let mut number = 1;
    loop {
        match (expected_lines.next(), actual_lines.next()) {
            (None, None) => return "no difference".to_owned(),
            (wanted, got) if wanted == got => number += 1,
            (wanted, got) => {
                return format!(
                    "first difference in line {number} ({} bytes expected, {} bytes seen):\n  expected: {}\n  seen:     {}",
                    expected.len(),
                    actual.len(),
                    show_line(wanted),
                    show_line(got),
                );
            }
        }
    }
}

/// The text with everything unprintable escaped but for line ends, cut where it gets long.
pub fn show(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(SHOWN)];
    let mut shown: String = String::from_utf8_lossy(cut)
        .split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("  | {}\n", line.escape_debug()),
            None => format!("  | {} (no newline)\n", line.escape_debug()),
        })
        .collect();
    if bytes.len() > SHOWN {
        shown = format!("{shown}  ... {} bytes in all\n", bytes.len());
    }
    if bytes.is_empty() {
        shown.push_str("  (nothing)\n");
    }
    shown
}

fn show_line(line: Option<&[u8]>) -> String {
    line.map_or_else(
        || "(nothing)".to_owned(),
        |line| {
            let cut = &line[..line.len().min(SHOWN)];
            format!("\"{}\"", cut.escape_ascii())
        },
    )
}

#[test]
fn a_difference_names_the_line_and_shows_both_versions() {
    let told = first_difference(b"same\nold\n", b"same\nnew\n");
    assert!(told.contains("line 2"), "{told}");
    assert!(told.contains(r#""old\n""#) && told.contains(r#""new\n""#), "{told}");
    assert!(first_difference(b"a\n", b"a").contains("line 1"));
    assert_eq!(first_difference(b"a\n", b"a\n"), "no difference");
}
