//! The field GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1 (FIPS 197 §4.2). No tables and
//! no branches on operands: both would tell secret bytes by their timing. Adding
//! is `^`, and so is subtracting.

/// The product in GF(2⁸): eight masked additions, the same for all operands.
pub(super) fn multiply(a: u8, b: u8) -> u8 {
    let (mut shifted, mut product) = (a, 0);
    for bit in 0..8 {
        product ^= shifted & mask(b >> bit);
        shifted = (shifted << 1) ^ (0x1b & mask(shifted >> 7));
    }
    product
}

/// All ones if the lowest bit is 1, else 0.
fn mask(bit: u8) -> u8 {
    (bit & 1).wrapping_neg()
}

/// a²⁵⁴, which is the inverse of every a but 0.
pub(super) fn invert(a: u8) -> u8 {
    // 254 = 2 + 4 + … + 128.
    let (mut power, mut inverse) = (a, 1);
    for _ in 0..7 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 197 §4.2 works these out; the rest is the field's axioms.
    #[test]
    fn the_field_is_that_of_fips_197() {
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        for a in 0..=255 {
            assert_eq!(multiply(a, 1), a);
            assert_eq!(multiply(a, 2), (a << 1) ^ if a > 127 { 0x1b } else { 0 });
            assert_eq!(multiply(a, invert(a)), u8::from(a != 0), "{a}");
            for b in 0..=255 {
                assert_eq!(multiply(a, b), multiply(b, a));
                assert_eq!(multiply(a, b ^ 0x35), multiply(a, b) ^ multiply(a, 0x35));
            }
        }
    }
}
