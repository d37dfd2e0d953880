//! Delegation: somebody who is away lets one other person decide for them, as a record with a scope
//! and an end.
//!
//! It adds an account that can act, never an approval of its own. No chain is longer than one:
//! whoever delegates is nobody's delegate at any moment of the period, and whoever is a delegate
//! does not delegate. So no cycle is possible. All of it counts people, not accounts. Whether a
//! delegate may decide on one request is asked at that request ([`crate::approval`]): never where
//! it concerns them.

use crate::approval::PersonId;
use crate::catalogue::RiskTier;
use crate::error::FieldError;
use crate::id::ApplicationId;
use crate::text::Remark;
use crate::time::{days_between, parse_date, start_of_day};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// The longest period of a delegation, in days.
pub const LONGEST_DELEGATION_DAYS: i32 = 366;
/// The most applications one delegation names.
pub const MOST_APPLICATIONS: usize = 50;

/// A delegation as typed. Field names are the form's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationForm {
    /// Who decides: mail address, number or full name.
    pub to: String,
    /// First day.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
    /// Words of tiers; none means all.
    pub tiers: Vec<String>,
    /// Ids of applications; none means all.
    pub applications: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What a delegation covers and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From the midnight that opens the first day.
    pub starts_at: Timestamp,
    /// To the midnight that closes the last.
    pub ends_at: Timestamp,
    /// Tiers; none means all.
    pub tiers: Vec<RiskTier>,
    /// Applications; none means all.
    pub applications: Vec<ApplicationId>,
    /// Why.
    pub reason: Remark,
}

/// Another delegation that has not been revoked, with the people behind its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who is away.
    pub from: PersonId,
    /// Who decides for them.
    pub to: PersonId,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

impl DelegationForm {
    /// Parses everything but who decides; that is looked up.
    ///
    /// # Errors
    /// Every bad field at once.
    pub fn parse(&self, today: Date, zone: &TimeZone) -> Result<Terms, Vec<FieldError>> {
        let mut errors = Vec::new();
        let starts_on = parse_date("starts_on", &self.starts_on, &mut errors);
        let ends_on = parse_date("ends_on", &self.ends_on, &mut errors);
        if let Some(start) = starts_on {
            if start < today {
                errors.push(FieldError::new("starts_on", "in_the_past", format!("Choose {today} or later.")));
            } else if days_between(today, start) > LONGEST_DELEGATION_DAYS {
                errors.push(FieldError::new("starts_on", "over_a_year_away", "Choose a start within the next year."));
            } else if let Some(end) = ends_on {
                if end < start {
                    errors.push(FieldError::new("ends_on", "ends_before_start", format!("Choose {start} or later.")));
                } else if days_between(start, end) >= LONGEST_DELEGATION_DAYS {
                    errors.push(FieldError::new("ends_on", "too_long", format!("At most {LONGEST_DELEGATION_DAYS} days.")));
                }
            }
        }
        let mut tiers = Vec::new();
        for word in self.tiers.iter().filter(|word| !word.is_empty()) {
            match word.parse() {
                Ok(tier) if !tiers.contains(&tier) => tiers.push(tier),
                Ok(_) => {}
                Err(_) => errors.push(FieldError::new("tiers", "unknown", "Choose tiers from the list.")),
            }
        }
        let mut applications: Vec<ApplicationId> = Vec::new();
        for id in self.applications.iter().filter(|id| !id.is_empty()) {
            match id.parse() {
                Ok(application) if !applications.contains(&application) => applications.push(application),
                Ok(_) => {}
                Err(_) => errors.push(FieldError::new("applications", "unknown", "Choose applications from the list.")),
            }
        }
        if applications.len() > MOST_APPLICATIONS {
            errors.push(FieldError::new("applications", "too_many", format!("At most {MOST_APPLICATIONS}; none means all.")));
        }
        let reason = Remark::parse("reason", &self.reason, "Say why.").map_err(|error| errors.push(error)).ok();
        match (starts_on, ends_on, reason, errors.is_empty()) {
            (Some(start), Some(end), Some(reason), true) => Ok(Terms {
                starts_at: start_of_day(start, zone),
                ends_at: start_of_day(end.saturating_add(1.day()), zone),
                tiers,
                applications,
                reason,
            }),
            _ => Err(errors),
        }
    }
}

impl Terms {
    /// Checks that `from` may let `to` decide, beside the delegations that either has a part in.
    ///
    /// # Errors
    /// A [`FieldError`] at `to`: `oneself`, `not_active`, `delegates` (they let somebody else decide
    /// in that time) or `is_delegate` (whoever delegates decides for somebody else in that time).
    pub fn check(&self, from: PersonId, to: PersonId, to_is_active: bool, others: &[Standing]) -> Result<(), FieldError> {
        let refuse = |code: &str, sentence: &str| Err(FieldError::new("to", code, sentence));
        let at_that_time = || others.iter().filter(|other| other.starts_at < self.ends_at && self.starts_at < other.ends_at);
        if from == to {
            refuse("oneself", "This is you, or another account of yours: choose somebody else.")
        } else if !to_is_active {
            refuse("not_active", "This person is not active: choose somebody who can decide.")
        } else if at_that_time().any(|other| other.to == from) {
            refuse("is_delegate", "You decide for somebody else in this time, and a delegate does not delegate.")
        } else if at_that_time().any(|other| other.from == to) {
            refuse("delegates", "They let somebody else decide in this time, so they cannot decide for you.")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdentityId;
    use proptest::prelude::*;

    fn person(n: u8) -> PersonId {
        PersonId(IdentityId::new(Timestamp::UNIX_EPOCH, [n; 10]))
    }

    fn form(starts_on: &str, ends_on: &str) -> DelegationForm {
        DelegationForm {
            to: "x".into(),
            starts_on: starts_on.into(),
            ends_on: ends_on.into(),
            reason: "Holiday.".into(),
            ..Default::default()
        }
    }

    fn parse(form: &DelegationForm) -> Result<Terms, Vec<String>> {
        let today = "2026-11-22".parse().unwrap_or_default();
        form.parse(today, &TimeZone::UTC).map_err(|errors| errors.into_iter().map(|e| format!("{}:{}", e.field, e.code)).collect())
    }

    #[test]
    fn a_delegation_has_a_start_and_an_end_within_limits() {
        for (starts_on, ends_on, expected) in [
            ("", "", vec!["starts_on:required", "ends_on:required"]),
            ("2026-11-22", "", vec!["ends_on:required"]),
            ("2026-11-21", "2026-12-01", vec!["starts_on:in_the_past"]),
            ("0001-01-01", "2026-12-01", vec!["starts_on:in_the_past"]),
            ("2026-12-02", "2026-12-01", vec!["ends_on:ends_before_start"]),
            ("2027-02-29", "2027-03-01", vec!["starts_on:not_a_date"]),
            ("2026-11-22T08:00", "2026-12-01", vec!["starts_on:not_a_date"]),
            ("2026-11-22", "2027-11-23", vec!["ends_on:too_long"]),
            ("2026-11-22", "9999-12-31", vec!["ends_on:too_long"]),
            ("9999-12-30", "9999-12-31", vec!["starts_on:over_a_year_away"]),
        ] {
            assert_eq!(
                parse(&form(starts_on, ends_on)).err(),
                Some(expected.into_iter().map(str::to_owned).collect()),
                "{starts_on} {ends_on}"
            );
        }
        let terms = parse(&form("2026-11-22", "2027-11-22")).unwrap_or_else(|e| unreachable!("{e:?}"));
        assert_eq!(terms.ends_at.to_string(), "2027-11-23T00:00:00Z");
        assert!(parse(&form("2028-02-29", "2028-02-29")).is_err(), "more than a year ahead");
        let mut wrong = form("2026-11-22", "2026-11-22");
        (wrong.tiers, wrong.applications, wrong.reason) = (vec!["huge".into()], vec!["LEDGER".into()], "  ".into());
        assert_eq!(parse(&wrong).err(), Some(vec!["tiers:unknown".into(), "applications:unknown".into(), "reason:required".into()]));
    }

    fn terms(from: i64, to: i64) -> Terms {
        let at = |hour| Timestamp::from_second(hour * 3_600).unwrap_or_default();
        let reason = Remark::parse("reason", "Away.", "").unwrap_or_else(|e| unreachable!("{e:?}"));
        Terms { starts_at: at(from), ends_at: at(to), tiers: vec![], applications: vec![], reason }
    }

    fn standing(from: u8, to: u8, terms: &Terms) -> Standing {
        Standing { from: person(from), to: person(to), starts_at: terms.starts_at, ends_at: terms.ends_at }
    }

    #[test]
    fn who_may_decide_for_whom() {
        let other = |from, to, a, b| standing(from, to, &terms(a, b));
        for (from, to, active, others, expected) in [
            (1, 2, true, vec![], None),
            (1, 1, true, vec![], Some("oneself")),
            (1, 2, false, vec![], Some("not_active")),
            (1, 2, true, vec![other(2, 3, 0, 10)], Some("delegates")),
            (1, 2, true, vec![other(3, 1, 0, 10)], Some("is_delegate")),
            (1, 2, true, vec![other(2, 1, 5, 6)], Some("is_delegate")),
            (1, 2, true, vec![other(2, 3, 10, 20)], None),
            (1, 2, true, vec![other(1, 3, 0, 10)], None),
            (1, 2, true, vec![other(3, 2, 0, 10)], None),
        ] {
            let found = terms(0, 10).check(person(from), person(to), active, &others).err().map(|e| e.code);
            assert_eq!(found.as_deref(), expected, "{from} to {to} beside {others:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_recorded_no_chain_is_longer_than_one_and_no_cycle_exists(
            wishes in proptest::collection::vec((0u8..5, 0u8..5, 0i64..20, 1i64..10), 0..25),
            moment in 0i64..30,
        ) {
            let mut recorded: Vec<Standing> = Vec::new();
            for (from, to, start, length) in wishes {
                let terms = terms(start, start + length);
                if terms.check(person(from), person(to), true, &recorded).is_ok() {
                    recorded.push(standing(from, to, &terms));
                }
            }
            let now = Timestamp::from_second(moment * 3_600).unwrap_or_default();
            let live: Vec<_> = recorded.iter().filter(|d| d.starts_at <= now && now < d.ends_at).collect();
            for one in &live {
                prop_assert!(one.from != one.to);
                prop_assert!(live.iter().all(|other| other.from != one.to), "a delegate delegates");
            }
        }
    }
}
