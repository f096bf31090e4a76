//! How strong a passphrase is, in words.

use crate::api::StrengthView;
use zeroize::Zeroizing;

/// Guesses per second of somebody with a stolen disk and a rack of machines,
/// each guess a full derivation.
const GUESSES_PER_SECOND: f64 = 10_000.0;

/// Judges a passphrase (zxcvbn; Wheeler, USENIX Security 2016).
pub(crate) fn strength(passphrase: &str) -> StrengthView {
    if passphrase.is_empty() {
        return StrengthView {
            score: 0,
            acceptable: false,
            words: String::new(),
            advice: String::new(),
        };
    }
    // Time grows with length; beyond this a passphrase is judged by its start.
    let judged: Zeroizing<String> = Zeroizing::new(passphrase.chars().take(100).collect());
    let entropy = zxcvbn::zxcvbn(&judged, &["keystead"]);
    let score = u8::from(entropy.score());
    let name = match score {
        0 | 1 => "Weak",
        2 => "Fair",
        3 => "Good",
        _ => "Strong",
    };
    let time = duration_words(10f64.powf(entropy.guesses_log10()) / GUESSES_PER_SECOND);
    let advice = entropy.feedback().map(|feedback| {
        let warning = feedback.warning().map(|w| w.to_string());
        let suggestions = feedback.suggestions().iter().map(ToString::to_string);
        warning
            .into_iter()
            .chain(suggestions)
            .next()
            .unwrap_or_default()
    });
    StrengthView {
        score,
        acceptable: score >= 3,
        words: format!("{name}: {time} to guess from a stolen disk"),
        advice: advice.unwrap_or_default(),
    }
}

fn duration_words(seconds: f64) -> String {
    const STEPS: [(f64, &str); 5] = [
        (60.0, "seconds"),
        (3_600.0, "minutes"),
        (86_400.0, "hours"),
        (2_592_000.0, "days"),
        (31_557_600.0, "months"),
    ];
    if let Some((_, words)) = STEPS.iter().find(|(below, _)| seconds < *below) {
        return (*words).to_owned();
    }
    let years = seconds / 31_557_600.0;
    if years < 100.0 {
        format!("about {years:.0} years")
    } else if years < 10_000.0 {
        format!("about {:.0} centuries", years / 100.0)
    } else {
        "far longer than anybody has".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ones_are_refused_and_long_random_ones_are_not() {
        for weak in ["", "password", "hunter2", "keystead1", "aaaaaaaaaaaaaaaa"] {
            assert!(!strength(weak).acceptable, "{weak}");
        }
        for strong in [
            "correct horse battery staple",
            "vT9#qLw2!zRk",
            "lantern otter ribbon quarry",
        ] {
            assert!(strength(strong).acceptable, "{strong}");
        }
        assert!(
            strength(&"x7".repeat(100_000)).score <= 4,
            "a huge one is judged in time"
        );
    }
}
