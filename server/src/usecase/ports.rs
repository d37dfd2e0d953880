//! The use-cases put together as the ports that pages call.

use super::Base;
use super::accounts::AccountService;
use super::administration::AdministrationService;
use super::approvals::ApprovalService;
use super::attachments::AttachmentService;
use super::catalogue::CatalogueService;
use super::changes::ChangeService;
use super::connections::ConnectionService;
use super::controls::ControlService;
use super::deciding::Proofs;
use super::drafts::DraftService;
use super::finding::FindingService;
use super::giving_back::GrantService;
use super::home::HomeService;
use super::identities::IdentityService;
use super::inbox::InboxService;
use super::joining::JoiningService;
use super::notifications::NotificationService;
use super::queue::QueueService;
use super::refused_forms::RefusedFormService;
use super::releases::ReleaseService;
use super::requests::RequestService;
use app::backend::Backend;
use std::sync::Arc;

/// Every port on one base.
#[must_use]
pub fn ports(base: Base, accounts: AccountService) -> Backend {
    Backend {
        home: Arc::new(HomeService::new(base.clone())),
        catalogue: Arc::new(CatalogueService::new(base.clone())),
        changes: Arc::new(ChangeService::new(base.clone())),
        drafts: Arc::new(DraftService::new(base.clone())),
        requests: Arc::new(RequestService::new(base.clone())),
        approvals: Arc::new(ApprovalService::new(base.clone())),
        inbox: Arc::new(InboxService::new(base.clone(), Proofs::by(accounts.clone()))),
        releases: Arc::new(ReleaseService::new(base.clone())),
        grants: Arc::new(GrantService::new(base.clone())),
        attachments: Arc::new(AttachmentService::new(base.clone())),
        joining: Arc::new(JoiningService::new(base.clone())),
        identities: Arc::new(IdentityService::new(base.clone())),
        connections: Arc::new(ConnectionService::new(base.clone())),
        controls: Arc::new(ControlService::new(base.clone())),
        notifications: Arc::new(NotificationService::new(base.clone())),
        finding: Arc::new(FindingService::new(base.clone())),
        refused: Arc::new(RefusedFormService::new(base.clone())),
        queue: Arc::new(QueueService::new(base.clone())),
        administration: Arc::new(AdministrationService::new(base)),
        accounts: Arc::new(accounts),
    }
}
