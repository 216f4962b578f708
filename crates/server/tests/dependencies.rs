//! What we build on: no known advisory, no licence we could not ship, no unsafe code of our own (I-57).

use semver::{Version, VersionReq};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

struct Advisory {
    id: String,
    package: String,
    /// Empty for a vulnerability; `unsound`, `unmaintained` or `notice`.
    kind: String,
    fixed: Vec<VersionReq>,
}

/// The facts in dev/advisories.tsv, and the line that says how old they are.
fn advisories() -> (String, Vec<Advisory>) {
    let text = std::fs::read_to_string(root().join("dev/advisories.tsv")).unwrap();
    let ranges = |field: &str| -> Vec<VersionReq> {
        field.split(" | ").filter(|r| !r.is_empty()).map(|r| VersionReq::parse(r).unwrap()).collect()
    };
    let facts = text.lines().filter(|l| !l.starts_with('#')).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, package, kind, patched, unaffected] = fields[..] else { panic!("not a line of five: {line}") };
        let fixed = [ranges(patched), ranges(unaffected)].concat();
        Advisory { id: id.into(), package: package.into(), kind: kind.into(), fixed }
    });
    (text.lines().next().unwrap().to_owned(), facts.collect())
}

/// The advisories that a set of packages falls under, as `id package version kind`.
fn found(packages: &[(String, Version)], advisories: &[Advisory]) -> Vec<String> {
    let hits = packages.iter().flat_map(|(name, version)| {
        let of_it = advisories.iter().filter(move |a| a.package == *name);
        let open = of_it.filter(|a| !a.fixed.iter().any(|range| range.matches(version)));
        open.map(move |a| format!("{} {name} {version} {}", a.id, a.kind))
    });
    hits.collect()
}

fn locked() -> Vec<(String, Version)> {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    let foreign = packages.filter(|p| p.get("source").is_some());
    foreign.map(|p| (p["name"].as_str().unwrap().to_owned(), p["version"].as_str().unwrap().parse().unwrap())).collect()
}

#[test]
fn i57_no_dependency_has_a_known_advisory() {
    let (age, advisories) = advisories();
    let packages = locked();
    println!("{age}\n{} packages against {} advisories", packages.len(), advisories.len());
    assert!(packages.len() > 100 && advisories.len() > 500);
    // The check can fail: a version of long ago is found.
    let old = [("time".to_owned(), Version::new(0, 1, 40))];
    assert!(found(&old, &advisories).iter().any(|hit| hit.starts_with("RUSTSEC-2020-0071")));
    let (unmaintained, open): (Vec<_>, Vec<_>) =
        found(&packages, &advisories).into_iter().partition(|hit| hit.ends_with("unmaintained"));
    for hit in unmaintained {
        println!("not maintained: {hit}");
    }
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn i57_our_crates_are_free_of_unsafe_code() {
    let workspace: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    assert_eq!(workspace["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let members = workspace["workspace"]["members"].as_array().unwrap();
    assert!(members.len() >= 7);
    for member in members {
        let manifest = root().join(member.as_str().unwrap()).join("Cargo.toml");
        let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{member}");
    }
}

/// Licences that permit shipping a binary under Apache-2.0 with the notices in docs/LICENCES.md.
const PERMITTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BlueOak-1.0.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression can be met by permitted licences: one side of each OR, all sides of each AND.
fn is_permitted(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    // Crates write AND only around ORs or the other way round, never nested deeper.
    if expression.contains('(') && expression.contains(" AND ") {
        return expression.split(" AND ").all(is_permitted);
    }
    flat.split(" OR ").any(|choice| choice.split(" AND ").all(|name| PERMITTED.contains(&name.trim())))
}

#[test]
fn i57_every_licence_is_known_and_permits_shipping() {
    assert!(is_permitted("(MIT OR GPL-3.0) AND Unicode-3.0") && is_permitted("MIT/Apache-2.0"));
    assert!(!is_permitted("GPL-3.0-only") && !is_permitted("MIT AND GPL-3.0") && !is_permitted(""));
    let listed = std::fs::read_to_string(root().join("docs/LICENCES.md")).unwrap();
    let rows = listed.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|line| !line.starts_with("| package") && !line.starts_with("| ---"));
    let licences: BTreeMap<(String, String), String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            ((cells[0].to_owned(), cells[1].to_owned()), cells[2].to_owned())
        })
        .collect();
    for (name, version) in locked() {
        let licence = licences.get(&(name.clone(), version.to_string()));
        let licence = licence.unwrap_or_else(|| panic!("{name} {version} is not in docs/LICENCES.md: run make gen"));
        assert!(is_permitted(licence), "{name} {version} has the licence {licence:?}");
    }
    // What builds the web client and states nothing is not shipped.
    let said = licences.iter().filter(|(_, licence)| *licence != "not stated");
    let refused: Vec<_> = said.filter(|(_, licence)| !is_permitted(licence)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
