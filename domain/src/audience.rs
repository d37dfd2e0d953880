//! Whom something in the catalogue is meant for: who may find it and ask for it.

use crate::id::UnitId;
use crate::identity::Population;
use serde::{Deserialize, Serialize};

/// Populations and units; an empty list means all of them. Somebody belongs to it who belongs to
/// one of the populations and to one of the units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Populations.
    pub populations: Vec<Population>,
    /// Units.
    pub units: Vec<UnitId>,
}

impl Audience {
    /// Whether it is meant for everyone.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.populations.is_empty() && self.units.is_empty()
    }

    /// Whether somebody of this population and unit belongs to it. Who has no unit belongs to none.
    #[must_use]
    pub fn includes(&self, population: Population, unit: Option<UnitId>) -> bool {
        (self.populations.is_empty() || self.populations.contains(&population))
            && (self.units.is_empty() || unit.is_some_and(|unit| self.units.contains(&unit)))
    }

    /// In words, with the names of its units: "employees and contractors of Finance or Treasury".
    #[must_use]
    pub fn words(&self, unit_names: &[String]) -> String {
        let populations: Vec<&str> = self.populations.iter().map(|population| plural(*population)).collect();
        let populations = if populations.is_empty() { "everyone".to_owned() } else { joined(&populations, "and") };
        if self.units.is_empty() {
            return populations;
        }
        let names: Vec<&str> = unit_names.iter().map(String::as_str).collect();
        let units = if names.is_empty() { "units that are no longer there".to_owned() } else { joined(&names, "or") };
        format!("{populations} of {units}")
    }
}

fn plural(population: Population) -> &'static str {
    match population {
        Population::Employee => "employees",
        Population::Contractor => "contractors",
        Population::Vendor => "vendors",
        Population::ServiceAccount => "service accounts",
        Population::PrivilegedAdmin => "privileged administrators",
    }
}

fn joined(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., end] => format!("{} {last} {end}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn unit(n: u8) -> UnitId {
        UnitId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    #[test]
    fn an_audience_includes_whom_it_names_and_an_empty_one_everybody() {
        use Population::{Contractor, Employee, Vendor};
        for (populations, units, population, of, expected) in [
            (vec![], vec![], Vendor, None, true),
            (vec![Employee], vec![], Employee, None, true),
            (vec![Employee], vec![], Vendor, Some(1), false),
            (vec![Employee, Contractor], vec![], Contractor, Some(1), true),
            (vec![], vec![1, 2], Vendor, Some(2), true),
            (vec![], vec![1, 2], Vendor, Some(3), false),
            (vec![], vec![1], Employee, None, false),
            (vec![Employee], vec![1], Employee, Some(1), true),
            (vec![Employee], vec![1], Contractor, Some(1), false),
            (vec![Employee], vec![1], Employee, Some(2), false),
        ] {
            let audience = Audience { populations, units: units.into_iter().map(unit).collect() };
            assert_eq!(audience.includes(population, of.map(unit)), expected, "{audience:?}: {population} of {of:?}");
        }
    }

    #[test]
    fn an_audience_reads_as_a_phrase() {
        let words = |populations: &[Population], names: &[&str]| {
            let audience =
                Audience { populations: populations.to_vec(), units: (0..names.len()).map(|n| unit(u8::try_from(n).unwrap())).collect() };
            audience.words(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(words(&[], &[]), "everyone");
        assert_eq!(words(&[Population::Employee], &[]), "employees");
        assert_eq!(words(&[], &["Finance"]), "everyone of Finance");
        assert_eq!(
            words(&[Population::Employee, Population::Contractor], &["Finance", "Sales", "Treasury"]),
            "employees and contractors of Finance, Sales or Treasury"
        );
    }
}
