//! From what somebody typed to what the index looks for. Only letters and digits of the typed text
//! reach the query, so that nothing in it can be read as an operator.

use crate::store::catalogue::{AlikeWord, Search};
use domain::text::{composed, latin_look};

/// Words looked at; a longer text has said enough.
const WORDS: usize = 8;
/// Letters of a word looked at.
const LETTERS: usize = 40;
/// A shorter word has no letters to swap.
const SWAPPED_FROM: usize = 3;
/// A shorter word says too little to look for others like it.
const ALIKE_FROM: usize = 4;

/// The search for a typed text, without filters.
#[must_use]
pub fn search(typed: &str) -> Search {
    let typed = &unmixed(typed);
    let words = words(typed);
    let mut longest: Vec<&String> = words.iter().collect();
    longest.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    // The first stays in any case: something has to be looked for.
    let mut at = 0;
    longest.retain(|word| {
        at += 1;
        at == 1 || word.chars().count() >= ALIKE_FROM
    });
    let mut alike = longest.iter().map(|word| AlikeWord { word: (*word).clone(), swapped: swapped(word) });
    Search {
        words: words.iter().map(|word| beginning(word)).collect::<Vec<_>>().join("&"),
        typed: without_nul(typed.trim()).to_lowercase(),
        swapped: words.iter().map(|word| format!("({})", swapped(word))).collect::<Vec<_>>().join("&"),
        alike_from: longest.first().map_or(1.0, |word| alike_from(word.chars().count())),
        alike: std::array::from_fn(|_| alike.next().unwrap_or_default()),
        ..Search::default()
    }
}

/// The text in which each word that mixes Latin letters with look-alikes of other scripts is read as
/// Latin, composed (NFC) as names are kept. Words of one script stay as they are.
fn unmixed(typed: &str) -> String {
    let word = |word: &str| {
        if word.chars().any(|c| c.is_ascii_alphabetic()) { latin_look(word) } else { word.to_owned() }
    };
    composed(typed).split_inclusive(|c: char| !c.is_alphanumeric()).map(word).collect()
}

/// How alike a name must be to a word of so many letters. One wrong letter leaves `n - 2` of
/// `n + 4` different trigrams in common, which is a third for five letters; long words may have
/// more than one.
fn alike_from(letters: usize) -> f32 {
    let n = f32::from(u8::try_from(letters).unwrap_or(u8::MAX));
    (0.85 * (n - 2.0) / (n + 4.0)).clamp(0.33, 0.5)
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
        assert_eq!(search.swapped, "('key':*|'eky':*|'kye':*)&('vualt':*|'uvalt':*|'vault':*|'vulat':*|'vuatl':*)");
        let [one, two, three] = search.alike;
        assert_eq!((one.word.as_str(), two.word.as_str(), three.word.as_str()), ("vualt", "", ""));
        assert_eq!(two.swapped, "");
    }

    #[test]
    fn a_word_with_a_look_alike_finds_what_it_looks_like() {
        assert_eq!(search("L\u{435}dger Bücher").words, "'ledger':*&'bücher':*");
        assert_eq!(search("Bu\u{308}cher").words, "'b\u{fc}cher':*");
        assert_eq!(
            search("\u{43E}\u{442}\u{434}\u{435}\u{43B}").words,
            "'\u{43E}\u{442}\u{434}\u{435}\u{43B}':*",
            "a word of one script stays"
        );
    }

    #[test]
    fn the_longest_words_are_looked_for_by_likeness() {
        let words = |typed| search(typed).alike.map(|alike| alike.word);
        assert_eq!(words("key vault secrets officer of asia"), ["secrets", "officer", "vault"]);
        assert_eq!(words("a se"), ["se", "", ""]);
        assert_eq!((search("vawlt").alike_from, search("contributor").alike_from, search("").alike_from), (0.33, 0.5, 1.0));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_only_letters_digits_and_our_own_signs_reach_the_query(typed in ".{0,200}") {
            let search = search(&typed);
            for query in [&search.words, &search.swapped].into_iter().chain(search.alike.iter().map(|alike| &alike.swapped)) {
                let lexemes = query.split(['&', '|', '(', ')']).filter(|part| !part.is_empty());
                for lexeme in lexemes {
                    let word = lexeme.strip_prefix('\'').and_then(|rest| rest.strip_suffix("':*"));
                    prop_assert!(word.is_some_and(|word| !word.is_empty() && !word.contains(['\'', '\\', '\0'])), "{}", lexeme);
                }
            }
        }
    }
}
