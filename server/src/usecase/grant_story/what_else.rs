//! What else gives the same as a grant, and what gave it further when that had ended: by the rule that decides
//! whether its end takes anything away.

use super::{Story, answer};
use crate::store::same_access::{Alike, Likeness};
use app::grants::port::{Answer, Said};
use app::paths;

impl Story<'_> {
    /// Whether anything else gives the same; nothing for those who may not know.
    pub(super) fn what_else(&self) -> Option<Answer> {
        let alike = self.alike.as_deref()?;
        let further = self.further.iter().map(|other| {
            let text = format!("Yes, {} gave the access further: nothing was taken away when this one ended.", named(other));
            self.about(other, text)
        });
        let kept = self.further.as_ref().map(|other| other.grant);
        let others = alike.iter().filter(|other| Some(other.grant) != kept).map(|other| self.about(other, self.gives(other)));
        let mut said: Vec<Said> = further.chain(others).collect();
        if said.is_empty() {
            said.push(self.said("No.".to_owned(), None));
        }
        Some(answer("Does anything else give the same?", said))
    }

    /// What is answered about a day after its end on which the access was there all the same.
    pub(super) fn afterwards(&self) -> Option<Answer> {
        self.further.as_ref().and_then(|_| self.what_else())
    }

    /// What gave the access further when this had ended, without a full stop.
    pub(super) fn given_further(&self, gave: &str) -> Option<String> {
        let (ended, further) = self.head.ended_at.zip(self.further.as_ref())?;
        Some(format!("It ended on {}, and nothing was taken away: {} {gave} the access further", self.text(ended), further.number))
    }

    fn gives(&self, other: &Alike) -> String {
        let lasts = if self.course().ending_since.is_none() { "stays while either lasts" } else { "is there while that one lasts" };
        match other.likeness {
            Likeness::Same | Likeness::OtherName => format!("Yes, {} gives the same: the access {lasts}.", named(other)),
            Likeness::Includes => {
                format!("Yes, {} includes it, as the catalogue stands today. Each of the two ends on its own.", other.name)
            }
        }
    }

    fn about(&self, other: &Alike, text: String) -> Said {
        Said { link: Some(("Why".to_owned(), paths::grant(other.grant))), ..self.said(text, None) }
    }
}

/// Other access by its request, and by its name where that is another one.
fn named(other: &Alike) -> String {
    match other.likeness {
        Likeness::Same => other.number.clone(),
        Likeness::OtherName | Likeness::Includes => format!("{} by {}", other.name, other.number),
    }
}
