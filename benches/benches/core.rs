//! The crypto core beside the bare primitives that it is made of, in one run; aws-lc's figures beside.
//!
//! `cargo xtask bench core [sealing | wrapping | signing | passphrase | recipients]`. The rows and their bars are the table in README.md.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, AeadInOut},
};
use ed25519_dalek::Signer;
use getrandom::{SysRng, rand_core::UnwrapErr};
use hkdf::Hkdf;
use keystead_benches::{Paired, in_turn, in_turn_batched, median_of, peak_memory_kib};
use keystead_crypto::{
    EnvironmentKey, Field, KdfParams, KemPrivateKey, Passphrase, Place, Recipient, SigningContext,
    SigningKey, WrapError, derive_slot_key, open, seal, unwrap_keys, wrap_keys, wrap_keys_for_each,
};
use ml_dsa::MlDsa65;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;
use x_wing::{Decapsulate, Decapsulator, Encapsulate, Generate};

const MIB: usize = 1024 * 1024;

/// Salt passed in: randomness that costs nothing.
struct Given(u64);

impl rand_core::TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 += 1;
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0 += 1;
        bytes.fill(self.0 as u8);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Given {}

fn main() {
    println!(
        "{:38} {:>12} {:>12} {:>8} {:>16} {:>7}  beside",
        "work", "ours", "floor", "ratio", "quartiles", "bar"
    );
    // `cargo bench` adds a flag of its own.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let sections: [(&str, fn()); 5] = [
        ("sealing", sealing),
        ("wrapping", wrapping),
        ("signing", signing),
        ("passphrase", passphrase),
        ("recipients", many_recipients),
    ];
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            section();
        }
    }
}

fn row(name: &str, paired: &Paired, bar: &str, beside: &str) {
    println!(
        "{name:38} {:>12} {:>12} {:>8.3} {:>7.3} – {:.3} {bar:>8}  {beside}",
        figure(paired.ours),
        figure(paired.floor),
        paired.ratio(),
        paired.spread.0,
        paired.spread.1
    );
}

fn figure(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1_000.0 {
        format!("{micros:.2} µs")
    } else {
        format!("{:.2} ms", micros / 1e3)
    }
}

fn place() -> Place {
    Place::in_vault([1; 16], [2; 16], Field::Value)
}

/// SHA-256 of 165 bytes, HKDF to 64 bytes, AES-256-GCM's key set-up.
fn bare_keys(key: &[u8; 32], salt: &[u8; 32], aad: &[u8; 165]) -> Aes256Gcm {
    let mut okm = [0; 64];
    Hkdf::<Sha256>::new(Some(salt), key)
        .expand_multi_info(&[b"keystead/v1/value-seal", &Sha256::digest(aad)], &mut okm)
        .expect("64 bytes");
    Aes256Gcm::new_from_slice(&okm[..32]).expect("a key")
}

fn aws_key(bytes: &[u8; 32]) -> aws_lc_rs::aead::LessSafeKey {
    use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("a key"))
}

fn aws_seal(key: &aws_lc_rs::aead::LessSafeKey, data: &mut Vec<u8>) {
    use aws_lc_rs::aead::{Aad, Nonce};
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    key.seal_in_place_append_tag(nonce, Aad::empty(), data)
        .expect("small");
}

fn sealing() {
    let mut system = UnwrapErr(SysRng);
    let mut given = Given(0);
    let key = EnvironmentKey::generate(&mut system);

    let small = [7; 64];
    let envelope = seal(&key, &place(), &small, &mut given);
    let (bare_key, salt, aad) = ([1; 32], [2; 32], [3; 165]);
    let sealed = bare_keys(&bare_key, &salt, &aad)
        .encrypt(&Default::default(), &small[..])
        .expect("small");
    let with_system = median_of(200, 200, || {
        black_box(seal(&key, &place(), black_box(&small), &mut system));
    });
    let aws = median_of(200, 200, || {
        let key = aws_key(black_box(&bare_key));
        let mut data = Vec::with_capacity(80);
        data.extend_from_slice(&small);
        aws_seal(&key, &mut data);
        black_box(data);
    });
    let paired = in_turn_batched(
        400,
        200,
        || {
            black_box(seal(&key, &place(), black_box(&small), &mut given));
        },
        || {
            let cipher = bare_keys(black_box(&bare_key), &salt, &aad);
            black_box(
                cipher
                    .encrypt(&Default::default(), black_box(&small[..]))
                    .expect("small"),
            );
        },
    );
    let beside = format!(
        "with the system's randomness {}; aws-lc AES-256-GCM alone {}",
        figure(with_system),
        figure(aws)
    );
    row("seal 64 B, salt passed in", &paired, "≤ 1.3", &beside);
    let paired = in_turn_batched(
        400,
        200,
        || {
            black_box(open(&key, &place(), black_box(&envelope)).expect("ours"));
        },
        || {
            let cipher = bare_keys(black_box(&bare_key), &salt, &aad);
            black_box(
                cipher
                    .decrypt(&Default::default(), black_box(&sealed[..]))
                    .expect("theirs"),
            );
        },
    );
    row("open 64 B", &paired, "≤ 1.3", "");

    let large = vec![7; MIB];
    let envelope = seal(&key, &place(), &large, &mut given);
    let cipher = Aes256Gcm::new_from_slice(&bare_key).expect("a key");
    let sealed = cipher
        .encrypt(&Default::default(), &large[..])
        .expect("small");
    let in_place = {
        let mut data = large.clone();
        median_of(60, 1, || {
            black_box(
                cipher
                    .encrypt_inout_detached(&Default::default(), &[], (&mut data[..]).into())
                    .expect("small"),
            );
        })
    };
    let aws = {
        let key = aws_key(&bare_key);
        median_of(60, 1, || {
            let mut data = Vec::with_capacity(MIB + 16);
            data.extend_from_slice(&large);
            aws_seal(&key, &mut data);
            black_box(data);
        })
    };
    let paired = in_turn(
        120,
        || {
            black_box(seal(&key, &place(), black_box(&large), &mut given));
        },
        || {
            black_box(
                cipher
                    .encrypt(&Default::default(), black_box(&large[..]))
                    .expect("small"),
            );
        },
    );
    let beside = format!(
        "aes-gcm in place, no allocation {}; aws-lc {}",
        figure(in_place),
        figure(aws)
    );
    row("seal 1 MiB", &paired, "≤ 1.1", &beside);
    let paired = in_turn(
        120,
        || {
            black_box(open(&key, &place(), black_box(&envelope)).expect("ours"));
        },
        || {
            black_box(
                cipher
                    .decrypt(&Default::default(), black_box(&sealed[..]))
                    .expect("theirs"),
            );
        },
    );
    row("open 1 MiB", &paired, "≤ 1.1", "");
}

fn wrapping() {
    let mut rng = UnwrapErr(SysRng);
    let key = KemPrivateKey::generate(&mut rng);
    let public = key.public_key();
    let bare = x_wing::DecapsulationKey::generate_from_rng(&mut rng);
    let bare_public = bare.encapsulation_key().clone();
    let (context, payload) = ([3; 180], [4; 32]);
    let wrap = wrap_keys(&public, &context, &payload, &mut rng).expect("a key");
    let (ciphertext, shared) = bare_public.encapsulate_with_rng(&mut rng);
    let sealed = Aes256Gcm::new_from_slice(&shared)
        .expect("a key")
        .encrypt(&Default::default(), &payload[..])
        .expect("small");

    let aws = {
        use aws_lc_rs::kem::{DecapsulationKey, ML_KEM_768};
        let key = DecapsulationKey::generate(&ML_KEM_768).expect("a key");
        let public = key.encapsulation_key().expect("its half");
        let (ciphertext, _) = public.encapsulate().expect("encapsulated");
        let encapsulate = median_of(60, 20, || {
            black_box(public.encapsulate().expect("encapsulated"));
        });
        let decapsulate = median_of(60, 20, || {
            let ciphertext = aws_lc_rs::kem::Ciphertext::from(ciphertext.as_ref());
            black_box(key.decapsulate(ciphertext).expect("ours"));
        });
        (encapsulate, decapsulate, aws_x25519())
    };
    let paired = in_turn_batched(
        200,
        20,
        || {
            black_box(wrap_keys(&public, black_box(&context), &payload, &mut rng).expect("a key"));
        },
        || {
            let (ciphertext, shared) = bare_public.encapsulate_with_rng(&mut UnwrapErr(SysRng));
            let cipher = Aes256Gcm::new_from_slice(&shared).expect("a key");
            black_box(
                cipher
                    .encrypt(&Default::default(), &payload[..])
                    .expect("small"),
            );
            black_box(ciphertext);
        },
    );
    let beside = format!(
        "aws-lc: ML-KEM-768 {} + X25519 twice {}",
        figure(aws.0),
        figure(aws.2 * 2)
    );
    row("wrap one key", &paired, "≤ 1.1", &beside);
    let paired = in_turn_batched(
        200,
        20,
        || {
            black_box(unwrap_keys(&key, &context, black_box(&wrap)).expect("ours"));
        },
        || {
            let shared = bare.decapsulate(black_box(&ciphertext));
            let cipher = Aes256Gcm::new_from_slice(&shared).expect("a key");
            black_box(
                cipher
                    .decrypt(&Default::default(), &sealed[..])
                    .expect("theirs"),
            );
        },
    );
    let beside = format!(
        "aws-lc, key expanded: ML-KEM-768 {} + X25519 {}",
        figure(aws.1),
        figure(aws.2)
    );
    row("unwrap one key", &paired, "≤ 1.1", &beside);
}

/// One X25519 agreement of aws-lc.
fn aws_x25519() -> Duration {
    use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
    let key = PrivateKey::generate(&X25519).expect("a key");
    let other = PrivateKey::generate(&X25519).expect("a key");
    let point = other.compute_public_key().expect("its half");
    median_of(60, 20, || {
        let point = UnparsedPublicKey::new(&X25519, point.as_ref());
        agree(&key, point, (), |secret| {
            black_box(secret);
            Ok(())
        })
        .expect("agreed");
    })
}

/// Over 1,000 fixed messages: ML-DSA signs by trial, so that one message's time says nothing.
fn signing() {
    const MESSAGES: u32 = 1_000;
    let mut rng = UnwrapErr(SysRng);
    let key = SigningKey::generate(&mut rng);
    let public = key.verifying_key();
    let context = SigningContext::Head;
    let xi: &[u8; 32] = key.seed()[..32].try_into().expect("half of 64");
    let ml_dsa = ml_dsa::SigningKey::<MlDsa65>::from_seed(xi.into());
    let ed25519 =
        ed25519_dalek::SigningKey::from_bytes(key.seed()[32..].try_into().expect("half of 64"));
    let ml_dsa_public = ml_dsa.expanded_key().verifying_key();
    let ed25519_public = ed25519.verifying_key();
    let message = |index: u32| {
        let mut message = [0; 200];
        message[..4].copy_from_slice(&index.to_be_bytes());
        message
    };
    let signatures: Vec<_> = (0..MESSAGES)
        .map(|index| key.sign(context, &message(index), &mut Given(0)))
        .collect();
    let theirs: Vec<_> = (0..MESSAGES)
        .map(|index| {
            let message = message(index);
            let first = ml_dsa
                .expanded_key()
                .sign_randomized(&message, b"bench", &mut Given(0));
            (first.expect("short"), ed25519.sign(&message))
        })
        .collect();

    // The same randomness for the same message in each round, so that both reject as often as the round before.
    let (mut i, mut j) = (0, 0);
    let paired = in_turn_batched(
        9,
        MESSAGES,
        || {
            i = (i + 1) % MESSAGES;
            black_box(key.sign(context, &message(i), &mut Given(u64::from(i))));
        },
        || {
            j = (j + 1) % MESSAGES;
            let message = message(j);
            let mut rng = Given(u64::from(j));
            let first = ml_dsa
                .expanded_key()
                .sign_randomized(&message, b"bench", &mut rng);
            black_box(first.expect("short"));
            black_box(ed25519.sign(&message));
        },
    );
    let aws = aws_signatures();
    let beside = format!(
        "aws-lc: ML-DSA-65 {} + Ed25519 {}",
        figure(aws[0]),
        figure(aws[2])
    );
    row("sign, 1,000 messages", &paired, "≤ 1.1", &beside);
    let (mut i, mut j) = (0, 0);
    let paired = in_turn_batched(
        15,
        MESSAGES,
        || {
            i = (i + 1) % MESSAGES;
            let signature = &signatures[i as usize][..];
            public
                .verify(context, &message(i), signature)
                .expect("ours");
        },
        || {
            j = (j + 1) % MESSAGES;
            let message = message(j);
            let (first, second) = &theirs[j as usize];
            assert!(ml_dsa_public.verify_with_context(&message, b"bench", first));
            ed25519_public
                .verify_strict(&message, second)
                .expect("theirs");
        },
    );
    let beside = format!(
        "aws-lc: ML-DSA-65 {} + Ed25519 {}",
        figure(aws[1]),
        figure(aws[3])
    );
    row("verify, 1,000 messages", &paired, "≤ 1.1", &beside);
}

/// aws-lc: ML-DSA-65 sign and verify, Ed25519 sign and verify.
fn aws_signatures() -> [Duration; 4] {
    use aws_lc_rs::signature::{
        ED25519, Ed25519KeyPair, KeyPair, ML_DSA_65, ML_DSA_65_SIGNING, PqdsaKeyPair,
        UnparsedPublicKey,
    };
    let message = [5; 200];
    let key = PqdsaKeyPair::generate(&ML_DSA_65_SIGNING).expect("a key");
    let mut signature = vec![0; ML_DSA_65_SIGNING.signature_len()];
    key.sign(&message, &mut signature).expect("signed");
    let public = UnparsedPublicKey::new(&ML_DSA_65, key.public_key().as_ref().to_vec());
    let second = Ed25519KeyPair::generate().expect("a key");
    let second_signature = second.sign(&message);
    let second_public = UnparsedPublicKey::new(&ED25519, second.public_key().as_ref().to_vec());
    let mut out = signature.clone();
    [
        median_of(9, 200, || {
            black_box(key.sign(&message, &mut out).expect("signed"));
        }),
        median_of(9, 200, || {
            public.verify(&message, &signature).expect("ours");
        }),
        median_of(9, 200, || {
            black_box(second.sign(&message));
        }),
        median_of(9, 200, || {
            second_public
                .verify(&message, second_signature.as_ref())
                .expect("ours");
        }),
    ]
}

fn passphrase() {
    let words = Passphrase::new("lantern otter ribbon quarry".to_owned());
    let one_lane = KdfParams::new(64 * 1024, 3, 1).expect("the floor's costs");
    #[cfg(feature = "peers")]
    {
        let paired = in_turn(
            15,
            || drop(black_box(derive_slot_key(&words, None, &[1; 32], one_lane))),
            || {
                let words = words.expose().as_bytes();
                black_box(keystead_benches::libsodium_argon2id(
                    words,
                    &[1; 16],
                    3,
                    64 * MIB,
                ));
            },
        );
        row(
            "Argon2id 64 MiB, t=3, p=1 : libsodium",
            &paired,
            "≤ 1.5",
            "",
        );
    }
    #[cfg(not(feature = "peers"))]
    println!("(libsodium is compared with under --features peers, which `cargo xtask bench` sets)");
    let four = median_of(9, 1, || {
        drop(black_box(derive_slot_key(
            &words,
            None,
            &[1; 32],
            KdfParams::FLOOR,
        )));
    });
    let one = median_of(9, 1, || {
        drop(black_box(derive_slot_key(&words, None, &[1; 32], one_lane)))
    });
    println!(
        "{:38} {:>12}   (the floor itself, 4 lanes: {})",
        "Argon2id 64 MiB, t=3, p=1",
        figure(one),
        figure(four)
    );
}

fn many_recipients() {
    let mut rng = UnwrapErr(SysRng);
    let payload = [4; 64];
    for count in [100, 1_000, 4_000] {
        let publics: Vec<_> = (0..count)
            .map(|_| KemPrivateKey::generate(&mut rng).public_key())
            .collect();
        let bare: Vec<_> = (0..count)
            .map(|_| {
                let key = x_wing::DecapsulationKey::generate_from_rng(&mut rng);
                key.encapsulation_key().clone()
            })
            .collect();
        let context = [3; 180];
        let recipients: Vec<_> = publics
            .iter()
            .map(|key| Recipient {
                key,
                context: &context,
                payload: &payload,
            })
            .collect();
        let before = peak_memory_kib();
        let paired = in_turn(
            if count > 500 { 15 } else { 40 },
            || {
                wrap_keys_for_each(&recipients, &mut rng, |_, wrap| {
                    black_box(wrap);
                    Ok::<_, WrapError>(())
                })
                .expect("keys");
            },
            || {
                bare.par_iter().for_each(|key| {
                    black_box(key.encapsulate_with_rng(&mut UnwrapErr(SysRng)));
                });
            },
        );
        let grown = peak_memory_kib() - before;
        row(
            &format!("wrap for {count} recipients, all cores"),
            &paired,
            "≤ 1.05",
            &format!("peak memory grew by {grown} KiB while wrapping"),
        );
    }
}
