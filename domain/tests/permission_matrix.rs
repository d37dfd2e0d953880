//! The whole permission table as one reviewed file. A change to it is a change to
//! `permission_matrix.txt`, visible as such in a review.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use domain::permission::{Action, Relation, Role, allowed, forbidden};
use std::fmt::Write;

/// One line an action and relation, one column a role: `+` allowed, `.` not, `x` forbidden to all.
fn table() -> String {
    let mut text = String::new();
    let roles: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
    writeln!(text, "{:<44}{}", "action / relation", roles.join("  ")).unwrap();
    for action in Action::ALL {
        for relation in Relation::ALL {
            write!(text, "{:<44}", format!("{} / {}", action.word(), relation.word())).unwrap();
            let cells: Vec<String> = Role::ALL
                .iter()
                .map(|role| {
                    let mark = if forbidden(*action, *relation) {
                        'x'
                    } else if allowed(*role, *action, *relation) {
                        '+'
                    } else {
                        '.'
                    };
                    format!("{mark:<width$}", width = role.word().len())
                })
                .collect();
            writeln!(text, "{}", cells.join("  ").trim_end()).unwrap();
        }
    }
    text
}

#[test]
fn the_permission_table_is_the_reviewed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permission_matrix.txt");
    let reviewed = std::fs::read_to_string(path).unwrap_or_default();
    let table = table();
    if reviewed != table {
        let seen = std::env::temp_dir().join("permission_matrix.txt");
        std::fs::write(&seen, &table).unwrap();
        panic!(
            "the permission table differs from {path}; the present one is in {}: review it line by line and copy it there",
            seen.display()
        );
    }
}
