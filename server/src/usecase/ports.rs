//! The use-cases put together as the ports that pages call.

use super::Base;
use super::accounts::AccountService;
use super::administration::AdministrationService;
use super::catalogue::CatalogueService;
use super::controls::ControlService;
use super::home::HomeService;
use super::identities::IdentityService;
use super::inbox::InboxService;
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
        requests: Arc::new(RequestService::new(base.clone())),
        inbox: Arc::new(InboxService::new(base.clone())),
        releases: Arc::new(ReleaseService::new(base.clone())),
        identities: Arc::new(IdentityService::new(base.clone())),
        controls: Arc::new(ControlService::new(base.clone())),
        administration: Arc::new(AdministrationService::new(base)),
        accounts: Arc::new(accounts),
    }
}
