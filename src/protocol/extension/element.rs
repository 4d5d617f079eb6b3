//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1): a list of names, each with parameters.

/// One extension of the list, with its parameters in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) params: Vec<Param>,
}

/// A parameter; its value is without quotes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) value: Option<String>,
}

/// The text violates the grammar.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Parses the value of one header field. Empty list elements are skipped (RFC 9110 §5.6.1.2), but an empty list is
/// malformed.
pub(super) fn parse_list(text: &str) -> Result<Vec<Element>, Malformed> {
    let mut scanner = Scanner { rest: text };
    let mut found = Vec::new();
    loop {
        while scanner.eat(',') {}
        if scanner.rest.is_empty() {
            return if found.is_empty() { Err(Malformed) } else { Ok(found) };
        }
        found.push(Element { name: scanner.token()?.to_owned(), params: scanner.params()? });
        if !scanner.rest.is_empty() && !scanner.rest.starts_with(',') {
            return Err(Malformed);
        }
    }
}

/// The text that is not parsed yet. Spaces around separators are ignored.
struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// Any number of parameters, each behind a semicolon.
    fn params(&mut self) -> Result<Vec<Param>, Malformed> {
        let mut params = Vec::new();
        while self.eat(';') {
            let name = self.token()?.to_owned();
            let value = if self.eat('=') { Some(self.value()?) } else { None };
            params.push(Param { name, value });
        }
        Ok(params)
    }

    /// A token, or a quoted string that holds one.
    fn value(&mut self) -> Result<String, Malformed> {
        if !self.rest.starts_with('"') {
            return Ok(self.token()?.to_owned());
        }
        let mut value = String::new();
        let mut chars = self.rest[1..].chars();
        loop {
            match chars.next().ok_or(Malformed)? {
                '"' => break,
                '\\' => value.push(chars.next().ok_or(Malformed)?),
                c => value.push(c),
            }
        }
        self.rest = chars.as_str();
        self.skip_space();
        let is_token = !value.is_empty() && value.chars().all(is_token_char);
        if is_token { Ok(value) } else { Err(Malformed) }
    }

    fn token(&mut self) -> Result<&'a str, Malformed> {
        let end = self.rest.find(|c| !is_token_char(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.skip_space();
        if token.is_empty() { Err(Malformed) } else { Ok(token) }
    }

    fn eat(&mut self, separator: char) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(separator) else { return false };
        self.rest = rest;
        self.skip_space();
        true
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }
}

/// RFC 9110 §5.6.2.
fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list in a short form: `name;param=value`, one space between elements.
    fn parsed(text: &str) -> Option<String> {
        let short = |element: &Element| {
            let params = element.params.iter().map(|param| match &param.value {
                Some(value) => format!(";{}={value}", param.name),
                None => format!(";{}", param.name),
            });
            format!("{}{}", element.name, params.collect::<String>())
        };
        let list = parse_list(text).ok()?;
        Some(list.iter().map(short).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn lists_with_every_kind_of_space_and_quotes() {
        for (text, expected) in [
            ("foo", "foo"),
            ("foo, bar; baz=2", "foo bar;baz=2"),
            (r#"foo;a="10";b="1\0" , bar"#, "foo;a=10;b=10 bar"),
            (" foo\t;\ta\t=\tb ", "foo;a=b"),
            (",, foo ,, bar ,", "foo bar"),
            ("foo;a;a=1", "foo;a;a=1"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_the_grammar_forbids_is_refused() {
        for text in [
            "",
            " ",
            ",",
            ";",
            "foo;",
            "foo;;a",
            "foo;a=",
            "foo;=1",
            "foo bar",
            "foo;a b",
            "=",
            "foo;a=\"",
            "foo;a=\"b",
            "foo;a=\"\\",
            "foo;a=\"\"",
            "foo;a=\"b c\"",
            "foo;a=\"b\"c",
            "foo;a=(b)",
            "\"foo\"",
            "fo\u{e9}",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
