//! Recovery words and shares of a recovery key.

use super::{Kit, flipped, longer, replaced};
use crate::{case::Case, seeded::Seeded};
use keystead_crypto::{KeyBytes, RecoverySecret, Threshold, split_key};

pub(crate) fn words(kit: &mut Kit) {
    let rng = &mut Seeded::new("recovery words");
    let secret = RecoverySecret::generate(rng);
    let text = secret.words();
    let all: Vec<&str> = text.split(' ').collect();
    let case = |expect: &str, note: &str, words: &[&str]| {
        Case::new("recovery words", expect, note).text("words", &words.join(" "))
    };
    kit.add("control", case("ok", "as written", &all));
    let capitals: Vec<String> = all.iter().map(|word| word.to_uppercase()).collect();
    let borrowed: Vec<&str> = capitals.iter().map(String::as_str).collect();
    kit.add("control-capitals", case("ok", "in capitals", &borrowed));
    let short: Vec<&str> = all.iter().map(|word| &word[..word.len().min(4)]).collect();
    kit.add(
        "control-abbreviated",
        case("ok", "the first four letters of each", &short),
    );
    kit.add(
        "empty",
        case(
            "RecoveryWordsError::WrongCount { found: 0 }",
            "nothing",
            &[],
        ),
    );
    kit.add(
        "one-missing",
        case(
            "RecoveryWordsError::WrongCount { found: 23 }",
            "a word is missing",
            &all[..23],
        ),
    );
    let more = [&all[..], &["zoo"]].concat();
    kit.add(
        "one-more",
        case(
            "RecoveryWordsError::WrongCount { found: 25 }",
            "a word too many",
            &more,
        ),
    );
    let mut unknown = all.clone();
    unknown[6] = "keystead";
    kit.add(
        "unknown-word",
        case(
            "RecoveryWordsError::UnknownWord { position: 7 }",
            "word 7 is not on the list",
            &unknown,
        ),
    );
    let mut three_letters = all.clone();
    three_letters[0] = "aba";
    kit.add(
        "three-letters",
        case(
            "RecoveryWordsError::UnknownWord { position: 1 }",
            "three letters of a longer word are too few",
            &three_letters,
        ),
    );
    // A SHA-256 of one byte lets one exchange in 256 through: this seed's is refused.
    let mut exchanged = all.clone();
    exchanged.swap(3, 4);
    kit.add(
        "exchanged",
        case(
            "RecoveryWordsError::Checksum",
            "two words are exchanged",
            &exchanged,
        ),
    );
}

pub(crate) fn shares(kit: &mut Kit) {
    let rng = &mut Seeded::new("shares");
    let key = KeyBytes::generate(rng);
    let threshold = Threshold::new(3, 5).expect("3 of 5");
    let dealt: Vec<_> = split_key(&key, threshold, rng)
        .iter()
        .map(|share| share.encode().to_vec())
        .collect();
    let other: Vec<_> = split_key(&key, threshold, rng)
        .iter()
        .map(|share| share.encode().to_vec())
        .collect();
    let case = |expect: &str, note: &str, shares: &[&[u8]]| {
        let case = Case::new("shares", expect, note).hex("key", key.expose());
        shares
            .iter()
            .fold(case, |case, share| case.hex("share", share))
    };
    let [one, two, three, four, five] = &dealt[..] else {
        unreachable!("five were dealt");
    };
    kit.add("control", case("ok", "three of five", &[one, three, five]));
    kit.add(
        "control-all",
        case(
            "ok",
            "all five, in another order",
            &[five, two, one, four, three],
        ),
    );
    kit.add(
        "none",
        case(
            "ShareError::TooFew { needed: 2, found: 0 }",
            "no shares",
            &[],
        ),
    );
    kit.add(
        "too-few",
        case(
            "ShareError::TooFew { needed: 3, found: 2 }",
            "two of five",
            &[one, two],
        ),
    );
    kit.add(
        "twice",
        case(
            "ShareError::Duplicate { index: 1 }",
            "one share twice",
            &[one, two, one],
        ),
    );
    kit.add(
        "other-set",
        case(
            "ShareError::DifferentSets",
            "one is of another deal",
            &[one, two, &other[2]],
        ),
    );
    // suite 2, schema 2, set 16, k, n, index, share 32, commitment 32
    kit.add(
        "changed",
        case(
            "ShareError::CommitmentMismatch",
            "a bit of one share is changed",
            &[one, two, &flipped(three, 23)],
        ),
    );
    kit.add(
        "index-changed",
        case(
            "ShareError::CommitmentMismatch",
            "a share says that it is another one",
            &[one, two, &replaced(three, 22, &[4])],
        ),
    );
    kit.add(
        "needs-fewer",
        case(
            "ShareError::DifferentThresholds",
            "one says that two are enough",
            &[&replaced(one, 20, &[2]), two],
        ),
    );
    kit.add(
        "commitment-changed",
        case(
            "ShareError::DifferentCommitments",
            "one commits to another key",
            &[one, two, &flipped(three, 60)],
        ),
    );
    kit.add(
        "threshold-one",
        case(
            "ShareError::Threshold { needed: 1, shares: 5 }",
            "one of five would be no split",
            &[&replaced(one, 20, &[1])],
        ),
    );
    kit.add(
        "index-zero",
        case(
            "ShareError::Index { index: 0 }",
            "share 0 would be the key itself",
            &[&replaced(one, 22, &[0])],
        ),
    );
    kit.add(
        "index-beyond",
        case(
            "ShareError::Index { index: 6 }",
            "share 6 of 5",
            &[&replaced(one, 22, &[6])],
        ),
    );
    kit.add(
        "short",
        case(
            "DecodeError::Truncated",
            "a byte is missing",
            &[&one[..one.len() - 1]],
        ),
    );
    kit.add(
        "longer",
        case(
            "DecodeError::TrailingBytes",
            "a byte is left over",
            &[&longer(one)],
        ),
    );
}
