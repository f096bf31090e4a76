//! Sets of small numbers.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn contains(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub(crate) fn insert(&mut self, at: usize) {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Keeps what is in `other` too.
    pub(crate) fn retain(&mut self, other: &Self) {
        for (at, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(at).copied().unwrap_or(0);
        }
    }

    pub(crate) fn contains_all(&self, other: &Self) -> bool {
        let word = |at: usize| self.0.get(at).copied().unwrap_or(0);
        other
            .0
            .iter()
            .enumerate()
            .all(|(at, more)| more & !word(at) == 0)
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Every number below `end`.
    pub(crate) fn below(end: usize) -> Self {
        let mut bits = Self::default();
        (0..end).for_each(|at| bits.insert(at));
        bits
    }
}
