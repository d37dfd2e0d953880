//! Who may do what: role x action x relation to the record, as one pure table.
//!
//! Scopes are ids gathered by the store into a [`Relation`]; names and prefixes never decide. The
//! table is written out in `domain/tests/permission_matrix.txt`, which a test compares.

use crate::words::words;

words! {
    /// Roles in the product. Everyone active is an employee; approver and application owner follow
    /// from the records and are never assigned.
    pub enum Role: "role" {
        /// Everyone.
        Employee = "employee", "Employee",
        /// Carries out what others approved.
        Operator = "operator", "Operator",
        /// Keeps the rules.
        Compliance = "compliance", "Compliance",
        /// Reads everything, changes nothing.
        Auditor = "auditor", "Auditor",
        /// Runs the installation.
        Administrator = "administrator", "Administrator",
    }
}

impl Role {
    /// Roles that an administrator can give.
    pub const ASSIGNABLE: &'static [Self] = &[Self::Operator, Self::Compliance, Self::Auditor, Self::Administrator];
}

words! {
    /// What somebody wants to do.
    pub enum Action: "action" {
        /// Search the catalogue and read an entry.
        ReadCatalogue = "read_catalogue", "Search the catalogue",
        /// Find entries of the catalogue that are meant for others.
        ReadClosedCatalogue = "read_closed_catalogue", "See what is meant for others",
        /// Ask for access.
        SubmitRequest = "submit_request", "Ask for access",
        /// Read a request with everything on it.
        ReadRequest = "read_request", "Read a request",
        /// See the list of all requests.
        ListAllRequests = "list_all_requests", "List all requests",
        /// Answer a question with a new revision.
        AnswerRequest = "answer_request", "Answer a question",
        /// Take a request back.
        WithdrawRequest = "withdraw_request", "Withdraw a request",
        /// Hear about a request for the same thing.
        JoinRequest = "join_request", "Join a request",
        /// Give back access before its end.
        GiveBack = "give_back", "Give back access",
        /// Ask another person to decide.
        ReassignStage = "reassign_stage", "Reassign a decision",
        /// See the requests at which nobody can decide.
        ReadHolds = "read_holds", "See what is held",
        /// Let another person decide while away.
        Delegate = "delegate", "Delegate decisions",
        /// Read proposed changes and old versions of the catalogue and the rules.
        ReadChanges = "read_changes", "Read changes",
        /// Propose a change to an application or its entitlements.
        EditApplication = "edit_application", "Change an application",
        /// Propose a change to specifications, conflicts, templates, plans, calendars, groups, units.
        EditRules = "edit_rules", "Change the rules",
        /// Be the second person of a change.
        ConfirmChange = "confirm_change", "Confirm a change",
        /// Decide at an open stage.
        Decide = "decide", "Decide",
        /// See the operators' queue and a release.
        ReadRelease = "read_release", "Read a release",
        /// Carry out a release.
        ExecuteRelease = "execute_release", "Carry out a release",
        /// See who has what access, had it, and why.
        ReadAccess = "read_access", "See who has access and why",
        /// Read an identity's page.
        ReadIdentity = "read_identity", "Read an identity",
        /// Read the controls and their cases.
        ReadControls = "read_controls", "Read the controls",
        /// See people's roles, jobs, imports.
        ReadAdministration = "read_administration", "Read the administration",
        /// See the work queue: tasks, recurring jobs, and what is late.
        ReadJobs = "read_jobs", "See the work queue",
        /// Give and end roles.
        AssignRole = "assign_role", "Give or end a role",
        /// Suspend and resume an identity.
        StopIdentity = "stop_identity", "Suspend or resume an identity",
        /// Run a job now.
        RunJob = "run_job", "Run a job now",
        /// Run a task that failed again, or take it out of the queue.
        SettleTask = "settle_task", "Retry or discard a task",
        /// See connections, how they are set up and how well they are.
        ReadConnections = "read_connections", "See connections",
        /// Make, change, test and retire a connection.
        ManageConnections = "manage_connections", "Manage connections",
        /// Be the second person of a change to a connection in use.
        ConfirmConnection = "confirm_connection", "Confirm a change to a connection",
    }
}

words! {
    /// How the caller stands to the record.
    pub enum Relation: "relation" {
        /// Not at all.
        Stranger = "stranger", "Stranger",
        /// It is about them, or it is them.
        Subject = "subject", "Subject",
        /// They asked for it.
        Requester = "requester", "Requester",
        /// They may decide now, or were asked, or have decided.
        Approver = "approver", "Approver",
        /// They manage the subject.
        Manager = "manager", "Line manager",
        /// They own the application, or deputise.
        ApplicationOwner = "application_owner", "Application owner",
        /// They answer for a non-human subject.
        Sponsor = "sponsor", "Sponsor",
        /// They joined the request.
        Watcher = "watcher", "Watcher",
        /// They approved it, and therefore never carry it out.
        HasApproved = "has_approved", "Has approved it",
    }
}

/// Whether somebody with `role` who stands in `relation` to the record may do `action`.
///
/// A caller has several roles and relations; they may act when one pair allows it and
/// [`forbidden`] forbids none.
#[must_use]
pub fn allowed(role: Role, action: Action, relation: Relation) -> bool {
    use Action as A;
    use Relation as R;
    match action {
        A::ReadCatalogue => true,
        // Who has it, decides on it or answers for somebody it is meant for has to know what it is.
        A::ReadClosedCatalogue => match role {
            Role::Compliance | Role::Auditor | Role::Administrator => true,
            Role::Employee | Role::Operator => {
                matches!(relation, R::Subject | R::Manager | R::Sponsor | R::Approver | R::ApplicationOwner)
            }
        },
        A::SubmitRequest | A::JoinRequest | A::GiveBack => matches!(relation, R::Subject | R::Manager | R::Sponsor),
        A::Delegate => relation == R::Subject,
        A::ReassignStage => relation == R::Approver || role == Role::Compliance,
        A::ReadHolds => matches!(role, Role::Compliance | Role::Auditor | Role::Administrator),
        A::ReadChanges => match role {
            Role::Compliance | Role::Auditor | Role::Administrator => true,
            Role::Employee | Role::Operator => relation == R::ApplicationOwner,
        },
        A::EditApplication => role == Role::Administrator || relation == R::ApplicationOwner,
        A::EditRules => matches!(role, Role::Administrator | Role::Compliance) || relation == R::ApplicationOwner,
        A::ConfirmChange => matches!(role, Role::Administrator | Role::Compliance) || relation == R::ApplicationOwner,
        A::ReadRequest => match role {
            Role::Compliance | Role::Auditor => true,
            Role::Employee | Role::Operator | Role::Administrator => relation != R::Stranger,
        },
        A::ListAllRequests => matches!(role, Role::Compliance | Role::Auditor),
        // An account asks for nothing by itself: whoever answers for it now goes on with what was asked.
        A::AnswerRequest | A::WithdrawRequest => matches!(relation, R::Subject | R::Requester | R::Sponsor),
        A::Decide => relation == R::Approver,
        A::ReadRelease => matches!(role, Role::Operator | Role::Compliance | Role::Auditor),
        A::ExecuteRelease => role == Role::Operator,
        A::ReadAccess => match role {
            Role::Compliance | Role::Auditor => true,
            Role::Employee | Role::Operator | Role::Administrator => {
                matches!(relation, R::Subject | R::Manager | R::Sponsor | R::ApplicationOwner)
            }
        },
        A::ReadIdentity => match role {
            Role::Operator | Role::Compliance | Role::Auditor | Role::Administrator => true,
            Role::Employee => matches!(relation, R::Subject | R::Manager | R::Approver | R::Sponsor),
        },
        A::ReadControls => matches!(role, Role::Compliance | Role::Auditor | Role::Administrator),
        A::ReadJobs => matches!(role, Role::Administrator | Role::Compliance | Role::Auditor),
        A::ReadAdministration => matches!(role, Role::Administrator | Role::Auditor),
        A::AssignRole | A::StopIdentity => role == Role::Administrator && relation != R::Subject,
        A::RunJob | A::SettleTask | A::ManageConnections => role == Role::Administrator,
        A::ReadConnections => role != Role::Employee || relation == R::ApplicationOwner,
        A::ConfirmConnection => matches!(role, Role::Administrator | Role::Compliance),
    }
}

/// Relations that forbid an action whatever the roles: law 3 and law 4.
#[must_use]
pub fn forbidden(action: Action, relation: Relation) -> bool {
    match action {
        // Whoever answers for an account that is no person stands in its place.
        Action::Decide | Action::ReassignStage => matches!(relation, Relation::Subject | Relation::Requester | Relation::Sponsor),
        // Whoever proposed a change stands to it as its requester.
        Action::ConfirmChange | Action::ConfirmConnection => relation == Relation::Requester,
        Action::ExecuteRelease => matches!(relation, Relation::Subject | Relation::HasApproved),
        Action::AssignRole | Action::StopIdentity => relation == Relation::Subject,
        Action::ReadCatalogue
        | Action::ReadClosedCatalogue
        | Action::SubmitRequest
        | Action::ReadRequest
        | Action::ListAllRequests
        | Action::AnswerRequest
        | Action::WithdrawRequest
        | Action::ReadRelease
        | Action::ReadAccess
        | Action::ReadIdentity
        | Action::ReadControls
        | Action::ReadAdministration
        | Action::ReadJobs
        | Action::JoinRequest
        | Action::GiveBack
        | Action::ReadHolds
        | Action::Delegate
        | Action::ReadChanges
        | Action::EditApplication
        | Action::EditRules
        | Action::RunJob
        | Action::ReadConnections
        | Action::ManageConnections
        | Action::SettleTask => false,
    }
}

/// Whether a caller with all of `roles` and `relations` may do `action`. Everyone is an employee.
#[must_use]
pub fn permitted(roles: &[Role], action: Action, relations: &[Relation]) -> bool {
    let relations = if relations.is_empty() { &[Relation::Stranger][..] } else { relations };
    if relations.iter().any(|relation| forbidden(action, *relation)) {
        return false;
    }
    std::iter::once(Role::Employee)
        .chain(roles.iter().copied())
        .any(|role| relations.iter().any(|relation| allowed(role, action, *relation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_decides_for_themselves_whatever_their_roles() {
        for relation in [Relation::Subject, Relation::Requester, Relation::Sponsor] {
            assert!(!permitted(Role::ALL, Action::Decide, &[relation, Relation::Approver]));
        }
    }

    #[test]
    fn who_approved_never_executes_whatever_their_roles() {
        assert!(permitted(&[Role::Operator], Action::ExecuteRelease, &[Relation::Manager]));
        assert!(!permitted(Role::ALL, Action::ExecuteRelease, &[Relation::HasApproved, Relation::Manager]));
    }

    #[test]
    fn an_auditor_changes_nothing_that_is_not_their_own() {
        for action in Action::ALL {
            let own = *action == Action::ReadCatalogue;
            let reads = action.word().starts_with("read_") || action.word().starts_with("list_");
            assert_eq!(permitted(&[Role::Auditor], *action, &[Relation::Stranger]), own || reads, "{action}");
        }
    }
}
