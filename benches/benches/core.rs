//! KDF and sealing, each beside the bare primitives that it is made of.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use getrandom::{SysRng, rand_core::UnwrapErr};
use hkdf::Hkdf;
use keystead_crypto::{
    EnvironmentKey, Field, KdfParams, Passphrase, Place, derive_slot_key, open, seal,
};
use sha2::{Digest, Sha256};
use std::hint::black_box;

fn place() -> Place {
    Place::in_vault([1; 16], [2; 16], Field::Value)
}

/// SHA-256 of the place's bytes, HKDF to 64 bytes, AES-256-GCM with key set-up.
fn bare_seal(key: &[u8; 32], salt: &[u8; 32], aad: &[u8], data: &mut [u8]) {
    let mut okm = [0; 64];
    Hkdf::<Sha256>::new(Some(salt), key)
        .expand_multi_info(&[b"label", &Sha256::digest(aad)], &mut okm)
        .expect("64 bytes");
    let cipher = Aes256Gcm::new_from_slice(&okm[..32]).expect("a key");
    let tag = cipher.encrypt_inout_detached(&Default::default(), &[], data.into());
    black_box(tag.expect("small"));
}

fn sealing(c: &mut Criterion) {
    let mut rng = UnwrapErr(SysRng);
    let key = EnvironmentKey::generate(&mut rng);
    for size in [64, 4 * 1024, 1024 * 1024] {
        let mut group = c.benchmark_group(format!("seal {size} B"));
        group.sample_size(if size > 100_000 { 20 } else { 60 });
        group.throughput(Throughput::Bytes(size as u64));
        let data = vec![7; size];
        let envelope = seal(&key, &place(), &data, &mut rng);
        group.bench_function("seal", |b| {
            b.iter(|| seal(&key, &place(), black_box(&data), &mut rng));
        });
        group.bench_function("open", |b| {
            b.iter(|| open(&key, &place(), black_box(&envelope)));
        });
        group.bench_function("floor", |b| {
            b.iter_batched_ref(
                || data.clone(),
                |data| bare_seal(&[1; 32], &[2; 32], &[3; 181], data),
                BatchSize::LargeInput,
            );
        });
        group.finish();
    }
}

fn passphrase(c: &mut Criterion) {
    let mut group = c.benchmark_group("kdf 64 MiB, 3 passes, 4 lanes");
    group.sample_size(10);
    let words = Passphrase::new("lantern otter ribbon quarry".to_owned());
    group.bench_function("derive_slot_key", |b| {
        b.iter(|| derive_slot_key(&words, &[1; 32], KdfParams::FLOOR));
    });
    group.bench_function("floor", |b| {
        let params = argon2::Params::new(64 * 1024, 3, 4, Some(32)).expect("the floor");
        let argon =
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        b.iter(|| {
            let mut out = [0; 32];
            argon
                .hash_password_into(
                    black_box(b"lantern otter ribbon quarry"),
                    &[1; 32],
                    &mut out,
                )
                .expect("derived");
            out
        });
    });
    group.finish();
}

criterion_group!(benches, sealing, passphrase);
criterion_main!(benches);
