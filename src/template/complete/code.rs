//! Which words of a Rhai script are code, and not in a string or a comment.

use std::iter::Peekable;
use std::str::CharIndices;

/// Finds each word with its offset.
pub(super) fn words<'s>(script: &'s str, found: &mut dyn FnMut(usize, &'s str)) {
    Code { script, characters: script.char_indices().peekable() }.words(false, found);
}

struct Code<'s> {
    script: &'s str,
    characters: Peekable<CharIndices<'s>>,
}

impl<'s> Code<'s> {
    /// Until the end, or until the brace that closes an expression in a string.
    fn words(&mut self, is_in_string: bool, found: &mut dyn FnMut(usize, &'s str)) {
        let mut depth = 0_usize;
        while let Some((at, character)) = self.characters.next() {
            match (character, self.peek()) {
                ('/', Some('/')) => self.skip_line(),
                ('/', Some('*')) => self.skip_comment(),
                ('"' | '\'', _) => self.skip_string(character),
                ('#', Some('"' | '#')) => self.skip_raw_string(),
                ('`', _) => self.skip_text(found),
                ('{', _) => depth += 1,
                ('}', _) if is_in_string && depth == 0 => return,
                ('}', _) => depth = depth.saturating_sub(1),
                _ if is_of_a_word(character) => {
                    while self.characters.next_if(|(_, next)| is_of_a_word(*next)).is_some() {}
                    let end = self.characters.peek().map_or(self.script.len(), |(end, _)| *end);
                    found(at, &self.script[at..end]);
                }
                _ => {}
            }
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.characters.peek().map(|(_, next)| *next)
    }

    fn next(&mut self) -> Option<char> {
        self.characters.next().map(|(_, next)| next)
    }

    fn skip_line(&mut self) {
        while self.characters.next_if(|(_, next)| *next != '\n').is_some() {}
    }

    /// Comments can be inside of comments.
    fn skip_comment(&mut self) {
        self.next();
        let mut depth = 1_usize;
        while depth > 0
            && let Some(character) = self.next()
        {
            match (character, self.peek()) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.next();
        }
    }

    fn skip_string(&mut self, quote: char) {
        while let Some(character) = self.next() {
            match character {
                '\\' => drop(self.next()),
                end if end == quote => return,
                _ => {}
            }
        }
    }

    /// `#"…"#`, with any number of `#`.
    fn skip_raw_string(&mut self) {
        let mut fence = 1;
        while self.characters.next_if(|(_, next)| *next == '#').is_some() {
            fence += 1;
        }
        if self.characters.next_if(|(_, next)| *next == '"').is_none() {
            return;
        }
        while let Some(character) = self.next() {
            let mut closing = 0;
            while character == '"' && closing < fence && self.characters.next_if(|(_, next)| *next == '#').is_some() {
                closing += 1;
            }
            if closing == fence {
                return;
            }
        }
    }

    /// Text between backticks, with code in `${…}`. Two backticks are one of the text.
    fn skip_text(&mut self, found: &mut dyn FnMut(usize, &'s str)) {
        while let Some(character) = self.next() {
            match (character, self.peek()) {
                ('`', Some('`')) => drop(self.next()),
                ('`', _) => return,
                ('$', Some('{')) => {
                    self.next();
                    self.words(true, found);
                }
                _ => {}
            }
        }
    }
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
