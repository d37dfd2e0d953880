//! Takes a JSON array apart entry by entry, so that every entry keeps the line it begins on.

use serde_json::Value;

/// Where and why the text is not an array of objects.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) problem: String,
}

/// The objects of the array `text`, each with its line.
pub(super) fn entries(text: &str) -> Result<Vec<(u64, Value)>, Wrong> {
    let mut at = Place { text, offset: 0, line: 1, line_start: 0 };
    at.skip_space();
    at.expect('[', "a JSON array has to begin here")?;
    let mut found = Vec::new();
    at.skip_space();
    if at.eat(']') {
        at.skip_space();
        return at.end().map(|()| found);
    }
    loop {
        at.skip_space();
        if at.next() != Some('{') {
            return Err(at.wrong("a role definition (an object in braces) has to begin here"));
        }
        found.push((at.line, at.value()?));
        at.skip_space();
        if at.eat(']') {
            at.skip_space();
            return at.end().map(|()| found);
        }
        at.expect(',', "a comma or the end of the array has to follow here")?;
    }
}

struct Place<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
    line_start: usize,
}

impl Place<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        let passed = self.text.get(self.offset..self.offset + bytes).unwrap_or_default();
        if let Some(last) = passed.rfind('\n') {
            self.line += passed.bytes().filter(|b| *b == b'\n').count() as u64;
            self.line_start = self.offset + last + 1;
        }
        self.offset += bytes;
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        let space = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.advance(space);
    }

    fn eat(&mut self, c: char) -> bool {
        let is = self.next() == Some(c);
        if is {
            self.advance(c.len_utf8());
        }
        is
    }

    fn expect(&mut self, c: char, problem: &str) -> Result<(), Wrong> {
        if self.eat(c) { Ok(()) } else { Err(self.wrong(problem)) }
    }

    fn end(&self) -> Result<(), Wrong> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.wrong("nothing may follow the array")) }
    }

    fn column(&self) -> u64 {
        self.text.get(self.line_start..self.offset).map_or(0, |t| t.chars().count() as u64) + 1
    }

    fn wrong(&self, problem: &str) -> Wrong {
        let problem = if self.rest().is_empty() { "the file ends too early" } else { problem };
        Wrong { line: self.line, column: self.column(), problem: problem.to_owned() }
    }

    fn value(&mut self) -> Result<Value, Wrong> {
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let length = values.byte_offset();
                self.advance(length);
                Ok(value)
            }
            Some(Err(e)) => {
                // serde_json counts from where it began, and says so in its own sentence.
                let said = e.to_string();
                let problem = said.split(" at line ").next().unwrap_or(&said).to_owned();
                let (line, column) = (e.line() as u64, e.column() as u64);
                let column = if line <= 1 { self.column() + column.saturating_sub(1) } else { column };
                Err(Wrong { line: self.line + line.saturating_sub(1), column, problem })
            }
            None => Err(self.wrong("a role definition has to begin here")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_the_line_they_begin_on() {
        let found = entries(" [\n{\"a\": \"[},{\"},\n\n  {\n\"b\":1\n} ]\n").unwrap();
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(entries("[]"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_not_json_is_named_by_line_and_column() {
        for (text, line, column, problem) in [
            ("", 1, 1, "the file ends too early"),
            ("{}", 1, 1, "a JSON array has to begin here"),
            ("[\n {},\n 5]", 3, 2, "a role definition (an object in braces) has to begin here"),
            ("[{}, {}] x", 1, 10, "nothing may follow the array"),
            ("[{}\n{}]", 2, 1, "a comma or the end of the array has to follow here"),
            ("[{},\n {\"a\" 1}]", 2, 7, "expected `:`"),
            ("[{},\n {\n\"a\": trx\n}]", 3, 8, "expected ident"),
            ("[{\"a\":1}", 1, 9, "the file ends too early"),
        ] {
            assert_eq!(entries(text), Err(Wrong { line, column, problem: problem.to_owned() }), "{text}");
        }
    }
}
