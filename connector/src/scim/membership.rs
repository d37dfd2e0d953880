//! Entitlements that are groups: finding the group, asking who is a member, adding and removing one.
//!
//! A group may have very many members, so they are read only where the server cannot be asked about
//! one of them.

use super::ScimConnector;
use super::change::{Change, Changed, Several, TRIES, overtaken};
use super::client::{Endpoint, Question};
use super::path::{equals, field, needs_escaping, same_in_any_case, val_equals};
use super::record::Record;
use super::settings::{GroupName, MembershipLookup};
use crate::exchange::Exchanges;
use crate::fault::Fault;
use crate::http::plain_words;
use crate::order::Entitlement;
use scim_v2::filter::{AttrPath, Filter, PatchPath, PatchValuePath};
use scim_v2::models::others::{OperationTarget, PatchOperation};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Statuses by which servers say that they cannot answer a filter.
pub(super) const NO_SUCH_FILTER: &[u16] = &[400, 403, 404, 413, 501];

/// An id that no account has, to see whether a server looks at what it is asked.
pub(super) const NOBODY: &str = "00000000-nobody-has-this-id-000000000000";

/// So many groups are looked at for a member to ask about when settings are tested, or for any member.
pub(super) const FIRST_GROUPS: u32 = 10;

/// What a test found out about asking for one member by a filter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberFilter {
    /// It finds who is a member and does not find who is none.
    Proven,
    /// It does not find who is none; nobody was seen to be a member.
    NobodySeen,
    /// It cannot be asked, or its answer is wrong.
    NotUnderstood,
}

/// Which groups, and how their members are found out.
#[derive(Clone, Copy)]
pub(super) struct Groups {
    pub named_by: GroupName,
    pub lookup: MembershipLookup,
}

impl Groups {
    fn attribute(self) -> &'static str {
        match self.named_by {
            GroupName::DisplayName => "displayName",
            GroupName::ExternalId => "externalId",
        }
    }

    /// `displayName` is the same in any case (RFC 7643 section 4.2), `externalId` is not (3.1).
    pub fn same(self, one: &str, other: &str) -> bool {
        match self.named_by {
            GroupName::DisplayName => same_in_any_case(one, other),
            GroupName::ExternalId => one == other,
        }
    }
}

impl ScimConnector {
    /// The group that a reference names, without its members.
    pub(super) async fn group(&self, groups: Groups, reference: &str, log: &mut Exchanges) -> Result<Record, Fault> {
        let attribute = groups.attribute();
        let mut found = self.groups_named(groups, reference, true, log).await;
        // As with accounts: a server that reads escaped characters wrongly does not find what is there.
        if needs_escaping(reference) && matches!(&found, Ok(found) if found.is_empty()) | matches!(&found, Err(Fault::Refused { .. })) {
            found = self.groups_named(groups, reference, false, log).await;
        }
        let mut found = found?;
        let name = plain_words(reference, 120);
        let said = match (found.len(), found.pop()) {
            (1, Some(group)) => return Ok(group),
            (0, _) => format!(
                "There is no group over there whose {attribute} is “{name}”. It was renamed or removed, or our catalogue names it wrongly."
            ),
            _ => format!("More than one group over there has the {attribute} “{name}”. Somebody has to say which is the right one."),
        };
        Err(Fault::Refused { said })
    }

    async fn groups_named(&self, groups: Groups, reference: &str, by_filter: bool, log: &mut Exchanges) -> Result<Vec<Record>, Fault> {
        let attribute = groups.attribute();
        let filter = by_filter.then(|| equals(AttrPath::with_name(attribute), reference));
        let question = Question { filter, without_members: true };
        let mut found = Vec::new();
        self.client
            .list("find_group", Endpoint::Groups, &question, log, |record| {
                if record.text(attribute).is_some_and(|name| groups.same(name, reference)) {
                    found.push(record);
                }
                if found.len() > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .await?;
        Ok(found)
    }

    /// Brings a membership to what is wanted, reading before each write: some servers add a member a
    /// second time when they are told so.
    pub(super) async fn bring_membership(
        &self,
        groups: Groups,
        reference: &str,
        account: &Record,
        wanted: bool,
        log: &mut Exchanges,
    ) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let group = self.group(groups, reference, log).await?;
            if self.is_member(groups, &group, account, wanted, log).await? == wanted {
                return Ok(());
            }
            if self.change_membership(groups, &group, account.id()?, wanted, log).await? == Changed::Done {
                return Ok(());
            }
        }
        Err(overtaken())
    }

    async fn change_membership(
        &self,
        groups: Groups,
        group: &Record,
        account: &str,
        wanted: bool,
        log: &mut Exchanges,
    ) -> Result<Changed, Fault> {
        let members = AttrPath::with_name("members");
        let operation = if wanted {
            PatchOperation::Add(OperationTarget::WithPath { path: PatchPath::Attr(members), value: Some(json!([{ "value": account }])) })
        } else {
            let path = PatchPath::Value(PatchValuePath { attr: members, filter: val_equals("value", account), sub_attr: None });
            PatchOperation::Remove { path, value: None }
        };
        let rewrite = |group: &mut Record| {
            let others = group.objects("members").filter(|member| field(member, "value").and_then(Value::as_str) != Some(account));
            let mut members: Vec<Value> = others.cloned().map(Value::Object).collect();
            if wanted {
                members.push(json!({ "value": account }));
            }
            group.set("members", Value::Array(members));
            Ok(())
        };
        let change = Change {
            purpose: if wanted { "add_member" } else { "remove_member" },
            endpoint: Endpoint::Groups,
            id: group.id()?,
            version: group.version(),
            whole: !wanted && needs_escaping(account),
            several: Some(Several { name: "members", read: groups.lookup == MembershipLookup::Members, some: !wanted }),
            operation,
            rewrite: &rewrite,
        };
        self.change(change, log).await
    }

    /// Whether an account is a member of a group. Where that is not `wanted`, a no is the proof that
    /// access is gone, and what a filter says is looked at more closely: a server that answers every
    /// such question with nothing would otherwise prove it. Before giving, a no that is wrong only has
    /// something added that is there.
    pub(super) async fn is_member(
        &self,
        groups: Groups,
        group: &Record,
        account: &Record,
        wanted: bool,
        log: &mut Exchanges,
    ) -> Result<bool, Fault> {
        let (id, member) = (group.id()?, account.id()?);
        match groups.lookup {
            MembershipLookup::GroupsOfUser => Ok(direct_groups(account).any(|group| group == id)),
            MembershipLookup::Members => self.reads_member(id, member, log).await,
            MembershipLookup::Filter | MembershipLookup::Auto => {
                let answer = self.asks_member(Some(id), member, log).await?.map(|found| !found.is_empty());
                let by_filter_alone = groups.lookup == MembershipLookup::Filter;
                match answer {
                    Some(true) => Ok(true),
                    // A server that finds nobody although the account itself names the group does not
                    // understand the question.
                    Some(false) if direct_groups(account).any(|group| group == id) && by_filter_alone => Err(no_filter()),
                    Some(false) if direct_groups(account).any(|group| group == id) => self.reads_member(id, member, log).await,
                    // An account that names other groups and not this one says the same as the filter.
                    Some(false) if wanted || by_filter_alone || names_groups(account) => Ok(false),
                    None if by_filter_alone => Err(no_filter()),
                    Some(false) | None => self.reads_member(id, member, log).await,
                }
            }
        }
    }

    /// Everything an account holds by membership: what names each group. When a filter finds nothing and
    /// the account names no groups, the members of `ours` are read, and without one those of all groups.
    pub(super) async fn memberships(
        &self,
        groups: Groups,
        account: &Record,
        ours: Option<&Entitlement>,
        log: &mut Exchanges,
    ) -> Result<BTreeSet<String>, Fault> {
        let member = account.id()?;
        let named = |found: &[Record]| found.iter().filter_map(|group| group.text(groups.attribute()).map(str::to_owned)).collect();
        match groups.lookup {
            MembershipLookup::GroupsOfUser => self.groups_of_account(groups, account, log).await,
            MembershipLookup::Members => self.reads_memberships(groups, member, log).await,
            MembershipLookup::Filter | MembershipLookup::Auto => {
                let by_filter_alone = groups.lookup == MembershipLookup::Filter;
                match self.asks_member(None, member, log).await? {
                    Some(found) if !found.is_empty() => Ok(named(&found)),
                    Some(_) if direct_groups(account).next().is_none() && (by_filter_alone || names_groups(account)) => Ok(BTreeSet::new()),
                    Some(_) | None if by_filter_alone => Err(no_filter()),
                    Some(_) if direct_groups(account).next().is_none() && self.is_read_to_be_without(groups, ours, member, log).await? => {
                        Ok(BTreeSet::new())
                    }
                    Some(_) | None => self.reads_memberships(groups, member, log).await,
                }
            }
        }
    }

    /// Groups of which somebody is a member, or the one group if they are, by a filter; none when the
    /// server cannot answer such a filter.
    async fn asks_member(&self, group: Option<&str>, member: &str, log: &mut Exchanges) -> Result<Option<Vec<Record>>, Fault> {
        let asked = |member: &str| Question { filter: Some(member_filter(group, member)), without_members: true };
        if needs_escaping(member) || group.is_some_and(needs_escaping) {
            return Ok(None);
        }
        let page_size = self.settings.page_size;
        let first = self.client.page("ask_membership", Endpoint::Groups, &asked(member), 1, page_size, NO_SUCH_FILTER, log).await?;
        let Ok((total, mut found)) = first else {
            return Ok(None);
        };
        if total == 0 && found.is_empty() {
            return Ok(Some(found));
        }
        // Yes is believed only of a server that says no when nobody is asked about.
        let control = self.client.page("ask_about_nobody", Endpoint::Groups, &asked(NOBODY), 1, 1, NO_SUCH_FILTER, log).await?;
        if !matches!(control, Ok((0, records)) if records.is_empty()) {
            return Ok(None);
        }
        if found.len() < total {
            found.clear();
            self.client
                .list("ask_membership", Endpoint::Groups, &asked(member), log, |record| {
                    found.push(record);
                    ControlFlow::Continue(())
                })
                .await?;
        }
        match group {
            Some(group) if found.iter().any(|record| record.id() != Ok(group)) => Ok(None),
            _ => Ok(Some(found)),
        }
    }

    /// Whether the server can be asked about members by filter: it has to say no about nobody, and yes
    /// about somebody whom one of its first groups shows as a member.
    pub(super) async fn answers_about_members(&self, log: &mut Exchanges) -> Result<MemberFilter, Fault> {
        let nobody = Question { filter: Some(member_filter(None, NOBODY)), without_members: true };
        let answer = self.client.page("ask_about_nobody", Endpoint::Groups, &nobody, 1, 1, NO_SUCH_FILTER, log).await?;
        if !matches!(answer, Ok((0, _))) {
            return Ok(MemberFilter::NotUnderstood);
        }
        let some = Question { filter: None, without_members: false };
        let shown = match self.client.page("look_for_a_member", Endpoint::Groups, &some, 1, FIRST_GROUPS, NO_SUCH_FILTER, log).await {
            Ok(Ok((_, groups))) => groups,
            // Groups that are too large, or not listed with their members, show nobody.
            Ok(Err(_)) | Err(Fault::Garbled { .. } | Fault::Refused { .. }) => Vec::new(),
            Err(fault) => return Err(fault),
        };
        for group in &shown {
            let member = group.objects("members").find_map(|member| field(member, "value").and_then(Value::as_str));
            let (Ok(id), Some(member)) = (group.id(), member) else { continue };
            if needs_escaping(id) || needs_escaping(member) {
                continue;
            }
            return Ok(match self.asks_member(Some(id), member, log).await? {
                Some(found) if !found.is_empty() => MemberFilter::Proven,
                Some(_) | None => MemberFilter::NotUnderstood,
            });
        }
        Ok(MemberFilter::NobodySeen)
    }

    /// Whether what an entitlement names is there and shows the account among its members nowhere.
    async fn is_read_to_be_without(
        &self,
        groups: Groups,
        entitlement: Option<&Entitlement>,
        member: &str,
        log: &mut Exchanges,
    ) -> Result<bool, Fault> {
        let Some(entitlement) = entitlement else {
            return Ok(false);
        };
        match self.group(groups, &entitlement.reference, log).await {
            Ok(group) => self.reads_member(group.id()?, member, log).await.map(|found| !found),
            // It was renamed or removed, or there are several: then all groups are read.
            Err(Fault::Refused { .. }) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn reads_member(&self, group: &str, member: &str, log: &mut Exchanges) -> Result<bool, Fault> {
        let read = self.client.read("read_members", Endpoint::Groups, group, log).await?;
        Ok(read.is_some_and(|(group, _)| group.has_value("members", member)))
    }

    async fn reads_memberships(&self, groups: Groups, member: &str, log: &mut Exchanges) -> Result<BTreeSet<String>, Fault> {
        let (mut names, mut silent, mut shown) = (BTreeSet::new(), Vec::new(), false);
        self.client
            .list("read_groups", Endpoint::Groups, &Question::default(), log, |group| {
                let name = group.text(groups.attribute()).map(str::to_owned);
                if group.shows("members") {
                    shown = true;
                    if group.has_value("members", member) {
                        names.extend(name);
                    }
                } else if let (Ok(id), Some(name)) = (group.id(), name) {
                    silent.push((id.to_owned(), name));
                }
                ControlFlow::Continue(())
            })
            .await?;
        // A list that shows no members at all leaves them out; one that shows some, where there are none.
        if !shown {
            for (id, name) in silent {
                if self.reads_member(&id, member, log).await? {
                    names.insert(name);
                }
            }
        }
        Ok(names)
    }

    async fn groups_of_account(&self, groups: Groups, account: &Record, log: &mut Exchanges) -> Result<BTreeSet<String>, Fault> {
        let mut names = BTreeSet::new();
        for group in account.objects("groups").filter(|group| is_direct(group)) {
            let display = field(group, "display").and_then(Value::as_str);
            let id = field(group, "value").and_then(Value::as_str);
            match (groups.named_by, display, id) {
                (GroupName::DisplayName, Some(display), _) => names.extend([display.to_owned()]),
                (_, _, Some(id)) => {
                    let read = self.client.read("read_group", Endpoint::Groups, id, log).await?;
                    names.extend(read.and_then(|(group, _)| group.text(groups.attribute()).map(str::to_owned)));
                }
                (_, _, None) => {}
            }
        }
        Ok(names)
    }
}

/// Membership through another group is not ours to give or take (RFC 7643 section 4.1.2).
fn is_direct(group: &serde_json::Map<String, Value>) -> bool {
    !field(group, "type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("indirect"))
}

/// The ids of the groups that an account says it is a direct member of.
fn direct_groups(account: &Record) -> impl Iterator<Item = &str> {
    account.objects("groups").filter(|group| is_direct(group)).filter_map(|group| field(group, "value").and_then(Value::as_str))
}

/// Whether an account says of which groups it is a member. One that says nothing, or names none, may
/// be an account of a server that never does (an empty list means the same as no attribute, RFC 7643
/// section 2.5).
fn names_groups(account: &Record) -> bool {
    account.objects("groups").next().is_some()
}

fn member_filter(group: Option<&str>, member: &str) -> Filter {
    let is_member = equals(AttrPath::with_sub_attr("members", "value"), member);
    match group {
        Some(group) => Filter::and(equals(AttrPath::with_name("id"), group), is_member),
        None => is_member,
    }
}

fn no_filter() -> Fault {
    Fault::Refused {
        said: "The machine cannot be asked who is a member. Set the lookup of members to auto, members or groups of user.".to_owned(),
    }
}
