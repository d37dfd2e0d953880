//! From what somebody typed to what the index looks for. Only letters and digits of the typed text
//! reach the query, so that nothing in it can be read as an operator.

use crate::store::catalogue::{NearWord, Search};

/// Words looked at; a longer text has said enough.
const WORDS: usize = 8;
/// Letters of a word looked at.
const LETTERS: usize = 40;
/// A shorter word has no letters to confuse.
const SWAPPED_FROM: usize = 3;

/// The search for a typed text, without filters.
#[must_use]
pub fn search(typed: &str) -> Search {
    let words = words(typed);
    // Long words tell most; fewer than three stand in for the missing ones.
    let mut longest: Vec<&String> = words.iter().collect();
    longest.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    longest.truncate(3);
    let mut near = longest.iter().cycle().map(|word| NearWord { word: (*word).clone(), swapped: swapped(word) });
    Search {
        near: std::array::from_fn(|_| near.next().unwrap_or_default()),
        words: words.iter().map(|word| beginning(word)).collect::<Vec<_>>().join("&"),
        typed: without_nul(typed.trim()).to_lowercase(),
        ..Search::default()
    }
}

/// The database keeps no text with this character, so nothing that is there contains it.
#[must_use]
pub fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// Splits like the import does: at everything that is no letter or digit, and inside `KeyVault`.
fn words(typed: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_capital = false;
    for c in typed.chars() {
        if !c.is_alphanumeric() || (before_capital && c.is_uppercase()) {
            words.push(String::new());
        }
        before_capital = c.is_lowercase() || c.is_numeric();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut())
            && word.chars().count() < LETTERS
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words.dedup();
    words.truncate(WORDS);
    words
}

fn beginning(word: &str) -> String {
    format!("'{word}':*")
}

/// Swapped neighbours are the commonest typo, and the one that trigrams see least of.
fn swapped(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut all = vec![beginning(word)];
    if letters.len() >= SWAPPED_FROM {
        for at in 1..letters.len() {
            let mut letters = letters.clone();
            letters.swap(at - 1, at);
            all.push(beginning(&letters.into_iter().collect::<String>()));
        }
    }
    all.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_split_like_the_import_splits_names() {
        assert_eq!(words("KeyVault  reader-2"), ["key", "vault", "reader", "2"]);
        assert_eq!(words("Microsoft.KeyVault/vaults*"), ["microsoft", "key", "vault", "vaults"]);
        assert_eq!(words("SQL DB"), ["sql", "db"]);
        assert!(words(" '&|!:* ").is_empty());
    }

    #[test]
    fn a_typed_text_becomes_beginnings_of_words() {
        let search = search(" Key Vualt");
        assert_eq!(search.words, "'key':*&'vualt':*");
        assert_eq!(search.typed, "key vualt");
        let [one, two, three] = search.near;
        assert_eq!((one.word.as_str(), two.word.as_str(), three.word.as_str()), ("vualt", "key", "vualt"));
        assert_eq!(one.swapped, "'vualt':*|'uvalt':*|'vault':*|'vulat':*|'vuatl':*");
        assert_eq!(two.swapped, "'key':*|'eky':*|'kye':*");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_only_letters_digits_and_our_own_signs_reach_the_query(typed in ".{0,200}") {
            let search = search(&typed);
            for query in std::iter::once(&search.words).chain(search.near.iter().map(|near| &near.swapped)) {
                let lexemes = query.split(['&', '|']).filter(|part| !part.is_empty());
                for lexeme in lexemes {
                    let word = lexeme.strip_prefix('\'').and_then(|rest| rest.strip_suffix("':*"));
                    prop_assert!(word.is_some_and(|word| !word.is_empty() && !word.contains(['\'', '\\', '\0'])), "{lexeme}");
                }
            }
        }
    }
}
