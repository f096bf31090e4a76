//! One file of the kit: ordered `name: value` lines.

use std::fmt;

pub(crate) struct Case(Vec<(String, String)>);

impl Case {
    pub(crate) fn new(what: &str, expect: &str, note: &str) -> Self {
        Self(Vec::new())
            .text("what", what)
            .text("expect", expect)
            .text("note", note)
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        assert!(!value.contains('\n'), "{name} is one line");
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn hex(self, name: &str, bytes: &[u8]) -> Self {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.text(name, &digits)
    }

    pub(crate) fn number(self, name: &str, number: u64) -> Self {
        self.text(name, &number.to_string())
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lines: Result<Vec<_>, String> = text
            .lines()
            .map(|line| {
                let (name, value) = line.split_once(':').ok_or(format!("no name in {line:?}"))?;
                Ok((name.to_owned(), value.trim_start().to_owned()))
            })
            .collect();
        let case = Self(lines?);
        let names: Vec<&str> = case.0.iter().map(|(name, _)| &name[..]).collect();
        match names[..] {
            ["what", "expect", "note", ..] => Ok(case),
            _ => Err("what, expect and note come first".to_owned()),
        }
    }

    pub(crate) fn what(&self) -> &str {
        self.of("what")
    }

    pub(crate) fn expected(&self) -> &str {
        self.of("expect")
    }

    pub(crate) fn of(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no line {name}")).1
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let digits = self.of(name).as_bytes();
        assert!(digits.len().is_multiple_of(2), "{name}: whole bytes");
        digits
            .chunks_exact(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).expect("ASCII");
                u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{name}: hex"))
            })
            .collect()
    }

    pub(crate) fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        let bytes = self.bytes(name);
        let size = bytes.len();
        bytes
            .try_into()
            .unwrap_or_else(|_| panic!("{name}: {size} bytes, not {N}"))
    }

    pub(crate) fn integer(&self, name: &str) -> u64 {
        self.of(name)
            .parse()
            .unwrap_or_else(|_| panic!("{name}: a number"))
    }

    /// Lines of one name, hex, in order.
    pub(crate) fn list(&self, name: &str) -> Vec<Vec<u8>> {
        let lines = self.0.iter().filter(|(known, _)| known == name);
        lines
            .map(|(name, value)| Case(vec![(name.clone(), value.clone())]).bytes(name))
            .collect()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))
    }
}
