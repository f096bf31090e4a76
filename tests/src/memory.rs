//! What a process still holds in its memory: the search that a thief of a core
//! dump would make, but through the kernel, so that nothing is left out of it.

use aho_corasick::AhoCorasick;
use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt,
};

const PAGE: u64 = 4096;
/// Pages asked about at once.
const ENTRIES: usize = 1 << 16;
const PIECES_OF: usize = 8;

/// A secret in every shape that it may have taken.
pub struct Needle {
    name: &'static str,
    shapes: Vec<(String, Vec<u8>)>,
}

impl Needle {
    /// Raw, as UTF-16, base64 (at each of its three places) and hex, and every eight of its bytes.
    pub fn new(name: &'static str, secret: &str) -> Self {
        let utf16 = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut shapes = vec![
            ("raw".to_owned(), secret.as_bytes().to_vec()),
            ("UTF-16".to_owned(), utf16),
            ("hex".to_owned(), hex.into_bytes()),
        ];
        for before in 0..3 {
            let text = STANDARD_NO_PAD.encode([&b"___"[..before], secret.as_bytes()].concat());
            // Without what the bytes before and after it have a share in.
            let inner = text.as_bytes()[before.div_ceil(3) * 4..text.len() - 2].to_vec();
            shapes.push((format!("base64 at {before}"), inner));
        }
        for (at, piece) in secret.as_bytes().windows(PIECES_OF).enumerate() {
            shapes.push((format!("bytes {at} to {}", at + PIECES_OF), piece.to_vec()));
        }
        Self { name, shapes }
    }
}

/// Where each needle was found in the memory of a process, with how often. Needs root: the process lets
/// nobody else look.
pub fn search(pid: u32, needles: &[Needle]) -> anyhow::Result<BTreeMap<String, usize>> {
    let memory = File::open(format!("/proc/{pid}/mem")).context("its memory; root is needed")?;
    let pages = File::open(format!("/proc/{pid}/pagemap"))?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let shapes: Vec<_> = needles
        .iter()
        .flat_map(|needle| {
            needle
                .shapes
                .iter()
                .map(|(shape, bytes)| (needle.name, shape, bytes))
        })
        .collect();
    let searcher = AhoCorasick::new(shapes.iter().map(|(_, _, bytes)| bytes))?;
    let mut found = BTreeMap::new();
    let mut bytes = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (range, rights) = (
            fields.next().unwrap_or_default(),
            fields.next().unwrap_or_default(),
        );
        // What can't be written holds the program, not its data.
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').context("a range")?;
        let range = u64::from_str_radix(start, 16)?..u64::from_str_radix(end, 16)?;
        for (at, size) in held(&pages, range)? {
            bytes.resize(size, 0);
            // A device's pages can't be read, and hold nothing of ours.
            let Ok(read) = memory.read_at(&mut bytes, at) else {
                continue;
            };
            for hit in searcher.find_overlapping_iter(&bytes[..read]) {
                let (name, shape, _) = shapes[hit.pattern().as_usize()];
                *found.entry(format!("{name} {shape}")).or_default() += 1;
            }
        }
    }
    Ok(found)
}

/// The runs of pages that have content, in memory or in swap: a web process reserves far more than it uses.
fn held(pagemap: &File, range: Range<u64>) -> anyhow::Result<Vec<(u64, usize)>> {
    let mut runs: Vec<(u64, usize)> = Vec::new();
    let mut entries = vec![0; ENTRIES * 8];
    let mut page = range.start / PAGE;
    while page < range.end / PAGE {
        let wanted = usize::try_from(range.end / PAGE - page)?.min(ENTRIES) * 8;
        pagemap.read_exact_at(&mut entries[..wanted], page * 8)?;
        for entry in entries[..wanted].chunks_exact(8) {
            let entry = u64::from_le_bytes(entry.try_into()?);
            // Bit 63: present; bit 62: swapped.
            if entry >> 62 != 0 {
                match runs.last_mut() {
                    Some((at, size)) if *at + *size as u64 == page * PAGE => *size += PAGE as usize,
                    _ => runs.push((page * PAGE, PAGE as usize)),
                }
            }
            page += 1;
        }
    }
    Ok(runs)
}
