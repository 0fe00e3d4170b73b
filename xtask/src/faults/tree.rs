//! The files of a folder, and whether one of them is half of what it should be.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file of a run whose last column holds seconds, which differ.
const LOG: &str = "log.csv";
/// Endings of files that say that they are not whole.
const UNFINISHED: [&str; 3] = [".partial", ".journal", ".parts-"];

/// Name and content of every file that has its final name; logs without their seconds.
pub(super) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// The files below a folder but for hidden ones.
pub(super) fn tree(folder: &Path) -> io::Result<Tree> {
    let mut all = Tree::new();
    walk(folder, &mut |path, hidden| {
        if !hidden {
            let content = fs::read(path)?;
            let content = if path.ends_with(LOG) { without_seconds(&content) } else { content };
            all.insert(path.strip_prefix(folder).unwrap_or(path).to_path_buf(), content);
        }
        Ok(())
    })?;
    Ok(all)
}

/// Number of hidden files and folders, which killed writers leave.
pub(super) fn leftovers(folder: &Path) -> io::Result<usize> {
    let mut count = 0;
    walk(folder, &mut |path, hidden| {
        count += usize::from(hidden && !path.to_string_lossy().ends_with("lock"));
        Ok(())
    })?;
    Ok(count)
}

fn walk(folder: &Path, take: &mut dyn FnMut(&Path, bool) -> io::Result<()>) -> io::Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden {
                folders.push(path);
            } else {
                take(&path, hidden)?;
            }
        }
    }
    Ok(())
}

/// A log without its last column.
fn without_seconds(log: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(log);
    let mut kept: String =
        text.lines().map(|line| line.rsplit_once(',').map_or(line, |(kept, _)| kept).to_owned() + "\n").collect();
    if !text.ends_with('\n') {
        kept.push_str("(no end of line)");
    }
    kept.into_bytes()
}

/// Names under which two trees differ.
pub(super) fn differences(ours: &Tree, theirs: &Tree) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> =
        ours.keys().chain(theirs.keys()).filter(|name| ours.get(*name) != theirs.get(*name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// Files under their final names that are neither whole nor a stage on the way to `whole`.
pub(super) fn halves(found: &Tree, whole: &Tree) -> Vec<PathBuf> {
    let is_half = |name: &Path, content: &[u8]| {
        let text = name.to_string_lossy();
        if UNFINISHED.iter().any(|ending| text.contains(ending)) {
            return false;
        }
        let Some(wanted) = whole.get(name) else { return true };
        if content == wanted {
            return false;
        }
        // What grows: a log row by row, the state of a run, a points store commit by commit.
        if name.ends_with(LOG) {
            return !(wanted.starts_with(content) && content.ends_with(b"\n"));
        }
        if name.ends_with("resume.safetensors") {
            return content.len() != wanted.len() && !is_safetensors(content);
        }
        if text.contains(".zarr") {
            return if name.ends_with("zarr.json") { !is_json(content) } else { content.len() != wanted.len() };
        }
        true
    };
    found.iter().filter(|(name, content)| is_half(name, content)).map(|(name, _)| name.clone()).collect()
}

/// Whether braces and quotes close.
fn is_json(content: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_i64, false, false);
    for &byte in content {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth == 0 && !quoted && content.first() == Some(&b'{')
}

/// Whether the header is whole and the data are as long as the last tensor says.
fn is_safetensors(content: &[u8]) -> bool {
    let Some(length) = content.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes) as usize) else {
        return false;
    };
    let Some(header) = content.get(8..8 + length) else { return false };
    let text = String::from_utf8_lossy(header);
    let ends = text
        .split("\"data_offsets\":[")
        .skip(1)
        .filter_map(|part| part.split(']').next()?.split(',').nth(1)?.trim().parse::<usize>().ok());
    ends.max() == Some(content.len() - 8 - length)
}

/// Copies a folder with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let there = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &there)?;
        } else {
            fs::copy(&path, &there)?;
        }
    }
    Ok(())
}
