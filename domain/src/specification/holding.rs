//! What an identity holds against the limits of its specification. Gates ask before access is given;
//! tiers, classifications and specifications change afterwards, and so does the second factor.

use crate::catalogue::{Classification, RiskTier};
use crate::gate::SpecificationFacts;
use crate::identity::Mfa;
use serde::{Deserialize, Serialize};

/// One living grant, as the controls would look at it today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The highest tier of what is held and of everything that it includes.
    pub tier: RiskTier,
    /// The most sensitive data of any of that.
    pub classification: Classification,
    /// Code of its application.
    pub application: String,
    /// Days from the first to the last day that were asked for last; `None` without an end.
    pub days: Option<i32>,
}

/// A limit of the specification that a grant is beyond, with what is held and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "limit", rename_all = "snake_case")]
pub enum Excess {
    /// Of a higher tier.
    Tier {
        /// What is held.
        held: RiskTier,
        /// The highest that is allowed.
        most: RiskTier,
    },
    /// Reaches more sensitive data.
    Classification {
        /// What is reached.
        held: Classification,
        /// The most sensitive that is allowed.
        most: Classification,
    },
    /// Of an application that the specification does not name.
    Application {
        /// Its code.
        code: String,
    },
    /// Without an end, where the specification limits the time.
    NoEnd {
        /// Most days.
        most: i32,
    },
    /// Given for longer.
    Days {
        /// Days it was given for.
        held: i32,
        /// Most days.
        most: i32,
    },
}

/// Every limit that a grant is beyond.
#[must_use]
pub fn excesses(holding: &Holding, specification: &SpecificationFacts) -> Vec<Excess> {
    let SpecificationFacts { highest_tier, longest_days, highest_classification, applications, .. } = specification;
    let tier = (holding.tier > *highest_tier).then_some(Excess::Tier { held: holding.tier, most: *highest_tier });
    let classification = (holding.classification > *highest_classification)
        .then_some(Excess::Classification { held: holding.classification, most: *highest_classification });
    let closed = !applications.is_empty() && !applications.contains(&holding.application);
    let application = closed.then(|| Excess::Application { code: holding.application.clone() });
    let time = match (holding.days, *longest_days) {
        (None, Some(most)) => Some(Excess::NoEnd { most }),
        (Some(held), Some(most)) if held > most => Some(Excess::Days { held, most }),
        (_, _) => None,
    };
    [tier, classification, application, time].into_iter().flatten().collect()
}

/// The second factor against what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// What is in force.
    pub recorded: Mfa,
    /// From which tier on it is needed.
    pub needed_from: RiskTier,
    /// Something of such a tier is held.
    pub required: bool,
}

impl SecondFactor {
    /// It is in force, or nothing is held that needs it. One that is not known is none.
    #[must_use]
    pub fn met(&self) -> bool {
        !self.required || self.recorded.in_force()
    }
}

/// The second factor of whoever holds these.
#[must_use]
pub fn second_factor(holdings: &[Holding], specification: &SpecificationFacts, recorded: Mfa) -> SecondFactor {
    let needed_from = specification.mfa_from;
    SecondFactor { recorded, needed_from, required: holdings.iter().any(|holding| holding.tier >= needed_from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specification() -> SpecificationFacts {
        SpecificationFacts {
            version: 3,
            highest_tier: RiskTier::Elevated,
            longest_days: Some(90),
            mfa_from: RiskTier::Elevated,
            highest_classification: Classification::Internal,
            applications: vec!["LEDGER".to_owned()],
        }
    }

    fn holding() -> Holding {
        Holding { tier: RiskTier::Elevated, classification: Classification::Internal, application: "LEDGER".to_owned(), days: Some(90) }
    }

    #[test]
    fn every_limit_that_a_grant_is_beyond_is_named_and_what_is_at_the_limit_is_within_it() {
        let open = SpecificationFacts { longest_days: None, applications: vec![], ..specification() };
        for (held, allowed, expected) in [
            (holding(), specification(), vec![]),
            (
                Holding { tier: RiskTier::Privileged, ..holding() },
                specification(),
                vec![Excess::Tier { held: RiskTier::Privileged, most: RiskTier::Elevated }],
            ),
            (Holding { tier: RiskTier::Standard, classification: Classification::Public, ..holding() }, specification(), vec![]),
            (
                Holding { classification: Classification::Confidential, ..holding() },
                specification(),
                vec![Excess::Classification { held: Classification::Confidential, most: Classification::Internal }],
            ),
            (
                Holding { application: "VAULT".to_owned(), ..holding() },
                specification(),
                vec![Excess::Application { code: "VAULT".to_owned() }],
            ),
            (Holding { application: "VAULT".to_owned(), ..holding() }, open.clone(), vec![]),
            (Holding { days: Some(91), ..holding() }, specification(), vec![Excess::Days { held: 91, most: 90 }]),
            (Holding { days: None, ..holding() }, specification(), vec![Excess::NoEnd { most: 90 }]),
            (Holding { days: None, ..holding() }, open.clone(), vec![]),
            (Holding { days: Some(4_000), ..holding() }, open, vec![]),
            (
                Holding {
                    tier: RiskTier::Privileged,
                    classification: Classification::Restricted,
                    application: "VAULT".to_owned(),
                    days: None,
                },
                specification(),
                vec![
                    Excess::Tier { held: RiskTier::Privileged, most: RiskTier::Elevated },
                    Excess::Classification { held: Classification::Restricted, most: Classification::Internal },
                    Excess::Application { code: "VAULT".to_owned() },
                    Excess::NoEnd { most: 90 },
                ],
            ),
        ] {
            assert_eq!(excesses(&held, &allowed), expected, "{held:?}");
        }
    }

    #[test]
    fn a_second_factor_is_required_where_something_held_is_of_the_tier_that_asks_for_it() {
        use RiskTier::{Elevated, Privileged, Standard};
        for (held, recorded, required, met) in [
            (&[][..], Mfa::Absent, false, true),
            (&[Standard], Mfa::Absent, false, true),
            (&[Standard, Elevated], Mfa::Absent, true, false),
            (&[Elevated], Mfa::Unknown, true, false),
            (&[Privileged], Mfa::OneTimeCode, true, true),
            (&[Elevated], Mfa::Passkey, true, true),
            (&[Standard], Mfa::Passkey, false, true),
        ] {
            let holdings: Vec<Holding> = held.iter().map(|tier| Holding { tier: *tier, ..holding() }).collect();
            let found = second_factor(&holdings, &specification(), recorded);
            assert_eq!((found.required, found.met(), found.needed_from), (required, met, Elevated), "{held:?} {recorded}");
        }
    }
}
