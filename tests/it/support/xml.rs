//! A small reader of XML, strict enough to refuse what a parser of `JUnit` files would.

/// An element with everything in it.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// All text directly in it, character data sections included.
    pub text: String,
}

impl Element {
    /// Reads a whole document: a declaration, one element, nothing else.
    #[track_caller]
    pub fn parse(document: &str) -> Self {
        match Reader(document).document() {
            Ok(element) => element,
            Err(why) => panic!("no well-formed XML: {why}\n{document}"),
        }
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The children with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

type Result<T> = std::result::Result<T, String>;

/// What is left to read.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Element> {
        if self.skip("<?") {
            self.until("?>")?;
        }
        self.space();
        self.expect("<")?;
        let root = self.element()?;
        self.space();
        if self.0.is_empty() { Ok(root) } else { Err(format!("more after the root: {}", self.shown())) }
    }

    /// After its `<`.
    fn element(&mut self) -> Result<Element> {
        let mut element = Element { name: self.name()?, ..Element::default() };
        loop {
            let spaced = self.space();
            if self.skip("/>") {
                return Ok(element);
            }
            if self.skip(">") {
                break;
            }
            if !spaced {
                return Err(format!("no space before {}", self.shown()));
            }
            let name = self.name()?;
            self.expect("=\"")?;
            let value = decoded(self.until("\"")?)?;
            if element.attribute(&name).is_some() {
                return Err(format!("{name} twice"));
            }
            element.attributes.push((name, value));
        }
        loop {
            let end = self.0.find('<').ok_or_else(|| format!("{} has no end", element.name))?;
            let (text, rest) = self.0.split_at(end);
            element.text += &decoded(text)?;
            self.0 = rest;
            if self.skip("<![CDATA[") {
                element.text += self.until("]]>")?;
            } else if self.skip("</") {
                let name = self.name()?;
                self.expect(">")?;
                let ours = name == element.name;
                return if ours { Ok(element) } else { Err(format!("{name} ends {}", element.name)) };
            } else {
                self.expect("<")?;
                element.children.push(self.element()?);
            }
        }
    }

    fn name(&mut self) -> Result<String> {
        let end = self.0.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.:".contains(c));
        let (name, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(format!("no name: {}", self.shown()));
        }
        self.0 = rest;
        Ok(name.to_owned())
    }

    fn skip(&mut self, what: &str) -> bool {
        let rest = self.0.strip_prefix(what);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, what: &str) -> Result<()> {
        if self.skip(what) { Ok(()) } else { Err(format!("{what} expected: {}", self.shown())) }
    }

    fn until(&mut self, end: &str) -> Result<&'a str> {
        let (before, rest) = self.0.split_once(end).ok_or_else(|| format!("{end} is missing"))?;
        self.0 = rest;
        Ok(before)
    }

    fn space(&mut self) -> bool {
        let rest = self.0.trim_start();
        let any = rest.len() < self.0.len();
        self.0 = rest;
        any
    }

    fn shown(&self) -> String {
        self.0.chars().take(40).collect()
    }
}

fn decoded(text: &str) -> Result<String> {
    if let Some(c) = text.chars().find(|&c| c == '<' || (c.is_control() && !"\t\n\r".contains(c))) {
        return Err(format!("{c:?} in {text:?}"));
    }
    let mut pieces = text.split('&');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (entity, rest) = piece.split_once(';').ok_or_else(|| format!("a bare & in {text:?}"))?;
        let number = entity.strip_prefix('#').map(|number| match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        });
        decoded.push(match (entity, number) {
            ("amp", _) => '&',
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            (_, Some(Some(code))) if code >= 32 || [9, 10, 13].contains(&code) => {
                char::from_u32(code).ok_or_else(|| format!("&{entity};"))?
            }
            _ => return Err(format!("&{entity};")),
        });
        decoded += rest;
    }
    Ok(decoded)
}

#[test]
fn a_document_is_read_with_all_that_is_in_it() {
    let document =
        "<?xml version=\"1.0\"?>\n<a x=\"1 &lt; &#x32;\">t&amp;<b/><c y=\"\"><![CDATA[<raw>]]></c></a>\n";
    let root = Element::parse(document);
    assert_eq!((root.name.as_str(), root.attribute("x"), root.text.as_str()), ("a", Some("1 < 2"), "t&"));
    assert_eq!(root.all("b").count() + root.all("c").count(), root.children.len());
    assert_eq!(root.child("c").map(|child| child.text.as_str()), Some("<raw>"));
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for bad in [
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a x=1/>",
        "<a x=\"<\"/>",
        "<a>&nbsp;</a>",
        "<a>\u{1}</a>",
        "a",
        "<a x=\"\"y=\"\"/>",
        "<a x=\"\" x=\"\"/>",
        "<a>&#1;</a>",
    ] {
        assert!(Reader(bad).document().is_err(), "{bad}");
    }
}
