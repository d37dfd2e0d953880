//! What a catalogue file would change about a known entitlement that somebody else has to agree to.
//! An import writes none of it: it proposes it, as somebody in the browser would.

use crate::catalogue::RiskTier;
use crate::change::{ChangeState, EntitlementBody, LONGEST_PRIVILEGED_DAYS, Typed};

/// The fields a file has a say in that can need a second person.
const FIELDS: [&str; 6] = ["tier", "tier_reason", "longest_days", "review_every_days", "requestable", "state"];

/// How a file would have an entitlement, as far as a second person has to agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its tier.
    pub tier: RiskTier,
    /// Why.
    pub tier_reason: String,
    /// Longest time it is held, in days.
    pub longest_days: Option<i32>,
    /// Days between reviews.
    pub review_every_days: i32,
    /// It can be asked for.
    pub requestable: bool,
    /// It is in use.
    pub active: bool,
}

impl Wish {
    /// The record as the file would have it. Nothing privileged is held for longer than privileged
    /// access may be, whatever limit somebody set for the tier before.
    #[must_use]
    pub fn over(&self, record: &EntitlementBody) -> EntitlementBody {
        let longest_days = match self.tier {
            RiskTier::Privileged => Some(self.longest_days.map_or(LONGEST_PRIVILEGED_DAYS, |days| days.min(LONGEST_PRIVILEGED_DAYS))),
            RiskTier::Standard | RiskTier::Elevated => self.longest_days,
        };
        EntitlementBody {
            tier: self.tier,
            tier_reason: self.tier_reason.clone(),
            longest_days,
            review_every_days: self.review_every_days,
            requestable: self.requestable,
            active: self.active,
            ..record.clone()
        }
    }
}

/// The newest change that an import proposed for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Where it stands.
    pub state: ChangeState,
    /// The version it was made on.
    pub base_version: i32,
    /// The record as it would have become.
    pub after: Typed,
}

impl Earlier {
    /// Whether it answers a wish already that would make `after` of version `version`: it waits, it
    /// was refused, or it could not come into force on this very version. Somebody who said no is not
    /// asked again until the file says something else.
    #[must_use]
    pub fn answers(&self, version: i32, after: &Typed) -> bool {
        let same = FIELDS.iter().all(|field| self.after.get(*field) == after.get(*field));
        let stands = match self.state {
            ChangeState::Proposed | ChangeState::Confirmed | ChangeState::Overtaken => self.base_version == version,
            ChangeState::Refused => true,
            ChangeState::InForce | ChangeState::Withdrawn => false,
        };
        same && stands
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Body, RecordKind, needs_second};

    fn record() -> EntitlementBody {
        let typed: Typed = [
            ("application", "LEDGER"),
            ("source_id", "ledger-reader"),
            ("name", "Ledger Reader"),
            ("tier", "elevated"),
            ("tier_reason", "it writes"),
            ("longest_days", "60"),
            ("review_every_days", "90"),
            ("requestable", "yes"),
            ("state", "retired"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
        match Body::parse(RecordKind::Entitlement, &typed, true) {
            Ok(Body::Entitlement(body)) => body,
            other => panic!("{other:?}"),
        }
    }

    fn as_it_is() -> Wish {
        let EntitlementBody { tier, tier_reason, longest_days, review_every_days, requestable, active, .. } = record();
        Wish { tier, tier_reason, longest_days, review_every_days, requestable, active }
    }

    #[test]
    fn what_a_file_wishes_for_needs_the_second_person_that_the_browser_asks_for() {
        for (wish, expected) in [
            (as_it_is(), &[][..]),
            (Wish { tier: RiskTier::Standard, ..as_it_is() }, &["tier"]),
            (Wish { tier: RiskTier::Standard, tier_reason: "it reads".into(), ..as_it_is() }, &["tier", "tier_reason"]),
            (Wish { tier_reason: "said better".into(), ..as_it_is() }, &[]),
            (Wish { longest_days: None, ..as_it_is() }, &["longest_days"]),
            (Wish { review_every_days: 365, ..as_it_is() }, &["review_every_days"]),
            (Wish { active: true, ..as_it_is() }, &["state"]),
            (Wish { requestable: false, ..as_it_is() }, &[]),
            (Wish { tier: RiskTier::Privileged, ..as_it_is() }, &["tier", "longest_days"]),
        ] {
            let after = Body::Entitlement(wish.over(&record()));
            assert_eq!(needs_second(Some(&Body::Entitlement(record())), &after), expected, "{wish:?}");
        }
    }

    #[test]
    fn privileged_access_keeps_its_limit_whatever_was_set_before() {
        for (longest_days, expected) in [(None, 30), (Some(60), 30), (Some(7), 7)] {
            let wish = Wish { tier: RiskTier::Privileged, longest_days, ..as_it_is() };
            assert_eq!(wish.over(&record()).longest_days, Some(expected), "{longest_days:?}");
        }
    }

    #[test]
    fn a_wish_is_proposed_once_and_again_only_when_it_or_the_record_moved_on() {
        use ChangeState::{Confirmed, InForce, Overtaken, Proposed, Refused, Withdrawn};
        let text = |wish: Wish| Body::Entitlement(wish.over(&record())).text();
        let (same, other) = (Wish { tier: RiskTier::Standard, ..as_it_is() }, Wish { tier: RiskTier::Privileged, ..as_it_is() });
        for (state, base_version, wish, answered) in [
            (Proposed, 3, &same, true),
            (Proposed, 3, &other, false),
            (Proposed, 2, &same, false),
            (Confirmed, 3, &same, true),
            (Refused, 3, &same, true),
            (Refused, 1, &same, true),
            (Refused, 3, &other, false),
            (Overtaken, 2, &same, false),
            (Overtaken, 3, &same, true),
            (InForce, 2, &same, false),
            (Withdrawn, 3, &same, false),
        ] {
            let earlier = Earlier { state, base_version, after: text(same.clone()) };
            assert_eq!(earlier.answers(3, &text(wish.clone())), answered, "{state} on {base_version} {wish:?}");
        }
    }
}
