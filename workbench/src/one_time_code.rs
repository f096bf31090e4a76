//! One-time codes (RFC 6238) from what a secret of that kind holds.

use crate::api::{ApiError, Code, SecretText};
use keystead_vault::Kind;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

/// A code, and for how many seconds more it counts.
pub(crate) struct OneTimeCode {
    pub(crate) code: SecretText,
    pub(crate) seconds: u32,
}

/// Makes the code of a moment, in seconds since 1970, from base32 or an `otpauth://totp/` URL.
///
/// # Errors
/// `invalid_input` for anything else. The error holds none of it.
pub(crate) fn code_at(value: &str, seconds: u64) -> Result<OneTimeCode, ApiError> {
    let totp = parse(value.trim()).ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            "This value makes no one-time codes.",
            "Keep the base32 secret or the otpauth://totp/ URL that the provider shows beside its QR picture.",
        )
    })?;
    let until = totp.next_step(seconds);
    Ok(OneTimeCode {
        code: SecretText::new(totp.generate(seconds).to_string()),
        seconds: u32::try_from(until - seconds).unwrap_or(u32::MAX),
    })
}

fn parse(value: &str) -> Option<Totp> {
    let totp = if value.starts_with("otpauth://") {
        Kind::Totp.problem(value).is_none().then_some(())?;
        Totp::from_url_unchecked(value).ok()?
    } else {
        // Providers write it in groups, and in either case.
        let letters = value.chars().filter(|c| !matches!(c, ' ' | '-' | '='));
        let letters = Zeroizing::new(letters.collect::<String>().to_ascii_uppercase());
        Kind::Totp.problem(&letters).is_none().then_some(())?;
        let secret = Secret::try_from_base32(&*letters).ok()?;
        // Many issue 80 bits, which the RFC advises against and everybody accepts.
        Builder::new().with_secret(secret).build_noncompliant()
    };
    // What the library takes unchecked would divide by zero, or print more digits than there are.
    ((6..=8).contains(&totp.digits()) && (1..=3600).contains(&totp.step())).then_some(totp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B; the secret is the ASCII text "12345678901234567890".
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let url = format!("otpauth://totp/Test:mara?secret={secret}&digits=8&period=30");
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_234_567_890, "89005924"),
            (20_000_000_000, "65353130"),
        ] {
            let made = code_at(&url, time).expect("a code");
            assert_eq!(made.code.expose(), code);
        }
        let six = code_at(secret, 59).expect("a code");
        assert_eq!((six.code.expose(), six.seconds), ("287082", 1));
        let grouped = code_at("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 59).expect("a code");
        assert_eq!(grouped.code.expose(), "287082");
    }

    #[test]
    fn what_makes_no_codes_is_refused_without_being_said() {
        for value in [
            "",
            "hunter2!",
            "otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ",
            "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=0",
            "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=20",
            "otpauth://totp/x?issuer=y",
        ] {
            let error = code_at(value, 59).err().expect(value);
            assert_eq!(error.code, Code::InvalidInput);
            assert!(!error.to_string().contains("GEZD"));
        }
    }
}
