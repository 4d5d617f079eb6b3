//! The queue of lines for standard error. Pure: the lane writes the bytes.
//! Invariant: at most [`MOST`] bytes wait, not counting lines that must not be dropped. A notice with the
//! number of dropped lines takes their place.

use std::collections::VecDeque;

/// The most bytes that wait: more than a burst of `-vv` needs, and little compared to the other buffers of a
/// session.
const MOST: usize = 1 << 20;

/// The most bytes joined into one write. A pipe takes this many without splitting them (`PIPE_BUF` on Linux),
/// so the output of other programs never appears inside our lines.
const WRITE: usize = 4096;

/// The most bytes of received data joined into one write.
const DATA_WRITE: usize = 64 * 1024;

/// The queue in front of standard error. `P` is the picture below the lines of a terminal.
#[derive(Debug)]
pub(super) struct Backlog<P> {
    entries: VecDeque<Entry<P>>,
    bytes: usize,
    /// Lines dropped since the last one that was queued.
    dropped: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry<P> {
    /// Whole lines, including their line ends.
    Text(Vec<u8>),
    /// Received data, for standard output.
    Data(Vec<u8>),
    /// Show this picture below the lines from here on.
    Show(P),
    /// Remove the picture.
    End,
}

impl<P> Entry<P> {
    /// The bytes of received data in it.
    pub(super) fn data_len(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Text(_) | Self::Show(_) | Self::End => 0,
        }
    }
}

impl<P> Backlog<P> {
    pub(super) const fn new() -> Self {
        Self { entries: VecDeque::new(), bytes: 0, dropped: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.dropped == 0
    }

    /// Appends a line, or drops it if there is no room.
    pub(super) fn push(&mut self, line: Vec<u8>) {
        if self.bytes + line.len() > MOST {
            self.dropped += 1;
        } else {
            self.push_always(line);
        }
    }

    /// Appends a line that must not be dropped, such as the error that the program ends with.
    pub(super) fn push_always(&mut self, line: Vec<u8>) {
        self.append_notice();
        self.append(Entry::Text(line));
    }

    /// Appends received data. The caller bounds it: no byte is dropped, and none counts for [`MOST`].
    pub(super) fn push_data(&mut self, data: Vec<u8>) {
        self.append(Entry::Data(data));
    }

    pub(super) fn show(&mut self, picture: P) {
        self.append(Entry::Show(picture));
    }

    pub(super) fn end(&mut self) {
        self.append(Entry::End);
    }

    /// Removes and returns the next entry. Joins successive short lines.
    pub(super) fn pop(&mut self) -> Option<Entry<P>> {
        if self.entries.is_empty() {
            self.append_notice();
        }
        let mut text = match self.entries.pop_front()? {
            Entry::Text(text) => text,
            Entry::Data(data) => return Some(Entry::Data(self.and_following(data))),
            other => return Some(other),
        };
        while let Some(Entry::Text(next)) = self.entries.front() {
            if text.len() + next.len() > WRITE {
                break;
            }
            text.extend_from_slice(next);
            self.entries.pop_front();
        }
        self.bytes -= text.len();
        Some(Entry::Text(text))
    }

    /// Joins the data at the front of the queue to `data`.
    fn and_following(&mut self, mut data: Vec<u8>) -> Vec<u8> {
        while let Some(Entry::Data(next)) = self.entries.front() {
            if data.len() + next.len() > DATA_WRITE {
                break;
            }
            data.extend_from_slice(next);
            self.entries.pop_front();
        }
        data
    }

    /// Drops all entries, because nothing will read them.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    fn append_notice(&mut self) {
        match std::mem::take(&mut self.dropped) {
            0 => {}
            1 => self
                .append(Entry::Text(b"wsurl: 1 line dropped here: stderr was not read in time\n".to_vec())),
            count => {
                let notice = format!("wsurl: {count} lines dropped here: stderr was not read in time\n");
                self.append(Entry::Text(notice.into_bytes()));
            }
        }
    }

    fn append(&mut self, entry: Entry<P>) {
        if let Entry::Text(text) = &entry {
            self.bytes += text.len();
        }
        self.entries.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(backlog: &mut Backlog<()>) -> Vec<String> {
        std::iter::from_fn(|| backlog.pop())
            .map(|entry| match entry {
                Entry::Text(text) | Entry::Data(text) => String::from_utf8(text).unwrap(),
                Entry::Show(()) => "(show)".to_owned(),
                Entry::End => "(end)".to_owned(),
            })
            .collect()
    }

    fn line(len: usize) -> Vec<u8> {
        let mut line = vec![b'x'; len - 1];
        line.push(b'\n');
        line
    }

    #[test]
    fn short_lines_are_joined_and_never_cut() {
        let mut backlog = Backlog::new();
        for len in [1000, 3000, 97, 5000, 1] {
            backlog.push(line(len));
        }
        let lengths: Vec<_> = written(&mut backlog).iter().map(String::len).collect();
        assert_eq!(lengths, [4000, 97, 5000, 1]);
        assert!(backlog.is_empty() && backlog.bytes == 0);
    }

    #[test]
    fn a_picture_keeps_its_place_among_the_lines() {
        let mut backlog = Backlog::new();
        backlog.push(b"a\n".to_vec());
        backlog.show(());
        backlog.push(b"b\n".to_vec());
        backlog.push(b"c\n".to_vec());
        backlog.end();
        assert_eq!(written(&mut backlog), ["a\n", "(show)", "b\nc\n", "(end)"]);
    }

    #[test]
    fn a_notice_stands_where_lines_are_missing() {
        let mut backlog = Backlog::new();
        for _ in 0..MOST / 4096 + 3 {
            backlog.push(line(4096));
        }
        assert_eq!(backlog.bytes, MOST);
        backlog.push_always(b"the error\n".to_vec());
        let written = written(&mut backlog);
        assert_eq!(
            written[MOST / 4096..],
            ["wsurl: 3 lines dropped here: stderr was not read in time\nthe error\n"]
        );
    }

    #[test]
    fn data_keeps_its_place_among_the_lines_and_is_never_dropped() {
        let mut backlog = Backlog::new();
        backlog.push(line(MOST));
        for data in ["a", "b"] {
            backlog.push_data(data.as_bytes().to_vec());
        }
        backlog.push_always(b"c\n".to_vec());
        backlog.push_data(vec![b'd'; DATA_WRITE]);
        backlog.push_data(b"e".to_vec());
        let lengths: Vec<_> = written(&mut backlog).iter().map(String::len).collect();
        assert_eq!(lengths, [MOST, 2, 2, DATA_WRITE, 1]);
        assert!(backlog.is_empty() && backlog.bytes == 0);
    }

    #[test]
    fn a_notice_comes_also_when_nothing_follows() {
        let mut backlog = Backlog::new();
        backlog.push(line(MOST));
        backlog.push(b"a\n".to_vec());
        let written = written(&mut backlog);
        assert_eq!(written[1..], ["wsurl: 1 line dropped here: stderr was not read in time\n"]);
        assert!(backlog.is_empty());
    }
}
