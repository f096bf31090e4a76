//! Generated text, the same again from the same seed.

use std::env;

/// A small generator, so that a failing seed can be run again.
pub struct Random(pub u64);

impl Random {
    /// Gives a number below the bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Gives a value that some reader, somewhere, would misread.
pub fn nasty(random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "'",
        "\"",
        "`",
        "\\",
        "\\\\",
        "$",
        "${A}",
        "${N1:-x}",
        "$(id)",
        "`id`",
        "#",
        " #",
        "=",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\\n",
        "\\r",
        "\\t",
        "export ",
        "A=",
        "\u{feff}",
        "\u{a0}",
        "\u{85}",
        "\u{2028}",
        "é",
        "e\u{301}",
        "🔑",
        "你好",
        "!",
        "!!",
        "%",
        "&",
        ";",
        "|",
        "<",
        ">",
        "*",
        "?",
        "~",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\u{1}",
        "\u{7f}",
        "\u{1b}[0m",
        "''",
        "\"\"",
        "'\\''",
        "word",
        "sk-proj-",
        "0",
        ":",
        "${",
        "$$",
        "\\'",
        "\\\"",
        ",",
        "-----BEGIN KEY-----\n",
    ];
    match random.below(40) {
        0 => String::new(),
        1 => "x".repeat(20_000),
        2 => "'\"`".repeat(1 + random.below(3)),
        _ => (0..1 + random.below(12))
            .map(|_| PIECES[random.below(PIECES.len())])
            .collect(),
    }
}

/// Gives the seed that `KEYSTEAD_SEED` names, or one of the hour.
pub fn seed() -> u64 {
    let chosen = env::var("KEYSTEAD_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    chosen.unwrap_or_else(|| now.map_or(1, |d| d.as_nanos() as u64 | 1))
}
