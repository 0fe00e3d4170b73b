//! Who makes the files: the program, its version, and the commit that it is built from.

/// For example `layerpath 0.1.0 (commit da7da63 of 2026-11-27)`; the version alone where the commit is not known.
///
/// The date is the commit's, not the clock's, so that one program writes the same bytes every day.
pub(crate) fn program() -> String {
    describe(
        env!("CARGO_PKG_VERSION"),
        env!("LAYERPATH_COMMIT"),
        env!("LAYERPATH_COMMIT_DATE"),
        !env!("LAYERPATH_COMMIT_CHANGED").is_empty(),
    )
}

fn describe(version: &str, commit: &str, date: &str, is_changed: bool) -> String {
    if commit.is_empty() {
        return format!("layerpath {version}");
    }
    let changes = if is_changed { " with changes" } else { "" };
    format!("layerpath {version} (commit {commit} of {date}{changes})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_named_where_it_is_known() {
        assert_eq!(describe("0.1.0", "", "", false), "layerpath 0.1.0");
        assert_eq!(describe("0.1.0", "da7da63", "2026-11-27", false), "layerpath 0.1.0 (commit da7da63 of 2026-11-27)");
        assert!(describe("0.1.0", "da7da63", "2026-11-27", true).ends_with("of 2026-11-27 with changes)"));
    }
}
