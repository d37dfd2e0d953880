//! The root component and the table of routes. Each page is a component of its feature; this file
//! only says which address leads to which.
//!
//! Every page renders on the server with `SsrMode::Async`: complete HTML, true status codes, and
//! nothing that needs JavaScript to be put in place.

use crate::account::page::AccountRoute;
use crate::admin::page::AdminRoute;
use crate::admin::queue::page::QueueRoute;
use crate::approvals::{holds::HoldsRoute, reassign::ReassignRoute};
use crate::catalogue::{detail::EntitlementRoute, page::CatalogueRoute};
use crate::changes::{change::ChangeRoute, detail::RecordRoute, queue::ChangesRoute, records::RecordsRoute, rules::RulesRoute};
use crate::connections::detail::ConnectionRoute;
use crate::connections::list::ConnectionsRoute;
use crate::controls::page::ControlsRoute;
use crate::frame::Surroundings;
use crate::grants::access::{ApplicationAccessRoute, EntitlementAccessRoute, IdentityAccessRoute};
use crate::grants::why::GrantRoute;
use crate::home::page::HomeRoute;
use crate::identities::page::IdentityRoute;
use crate::inbox::page::InboxRoute;
use crate::not_found::NotFound;
use crate::notifications::page::NotificationsRoute;
use crate::palette::page::FindRoute;
use crate::releases::{detail::ReleaseRoute, list::ReleasesRoute};
use crate::requests::{detail::RequestDetailRoute, form::RequestRoute, list::RequestsRoute};
use crate::sign_in::{SetupRoute, SignInRoute};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::SsrMode::Async;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{MatchNestedRoutes, path};

/// The whole application, inside the `<body>` of the shell.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Countersign".to_owned() } else { format!("{title} · Countersign") }/>
        <Router>
            <Surroundings>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=HomeRoute ssr=Async/>
                    <Route path=path!("/catalogue") view=CatalogueRoute ssr=Async/>
                    <Route path=path!("/catalogue/:id") view=EntitlementRoute ssr=Async/>
                    <Asking/>
                    <Route path=path!("/inbox") view=InboxRoute ssr=Async/>
                    <Route path=path!("/inbox/:stage") view=InboxRoute ssr=Async/>
                    <Route path=path!("/releases") view=ReleasesRoute ssr=Async/>
                    <Route path=path!("/releases/:id") view=ReleaseRoute ssr=Async/>
                    <Route path=path!("/identities/:id") view=IdentityRoute ssr=Async/>
                    <Access/>
                    <DecidingInstead/>
                    <ChangeControl/>
                    <Installation/>
                </FlatRoutes>
            </Surroundings>
        </Router>
    }
}

/// Routes of who has what, and why.
#[component(transparent)]
fn Access() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/identities/:id/access") view=IdentityAccessRoute ssr=Async/>
        <Route path=path!("/catalogue/applications/:id/access") view=ApplicationAccessRoute ssr=Async/>
        <Route path=path!("/catalogue/:id/access") view=EntitlementAccessRoute ssr=Async/>
        <Route path=path!("/grants/:id") view=GrantRoute ssr=Async/>
    }
    .into_inner()
}

/// Routes of decisions that somebody else takes.
#[component(transparent)]
fn DecidingInstead() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/holds") view=HoldsRoute ssr=Async/>
        <Route path=path!("/reassign/:stage") view=ReassignRoute ssr=Async/>
    }
    .into_inner()
}

/// Routes of asking and of what was asked.
#[component(transparent)]
fn Asking() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/request") view=RequestRoute ssr=Async/>
        <Route path=path!("/request/:draft") view=RequestRoute ssr=Async/>
        <Route path=path!("/requests") view=RequestsRoute ssr=Async/>
        <Route path=path!("/requests/:id") view=RequestDetailRoute ssr=Async/>
    }
    .into_inner()
}

/// Routes of the catalogue and the rules under change control.
#[component(transparent)]
fn ChangeControl() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/rules") view=RulesRoute ssr=Async/>
        <Route path=path!("/rules/:kind") view=RecordsRoute ssr=Async/>
        <Route path=path!("/rules/:kind/:key") view=RecordRoute ssr=Async/>
        <Route path=path!("/changes") view=ChangesRoute ssr=Async/>
        <Route path=path!("/changes/:id") view=ChangeRoute ssr=Async/>
    }
    .into_inner()
}

/// Routes of the controls, the installation and the person: a group of their own, because the router
/// takes at most sixteen routes side by side.
#[component(transparent)]
fn Installation() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/controls") view=ControlsRoute ssr=Async/>
        <Route path=path!("/admin") view=AdminRoute ssr=Async/>
        <Route path=path!("/admin/jobs") view=QueueRoute ssr=Async/>
        <Route path=path!("/admin/connections") view=ConnectionsRoute ssr=Async/>
        <Route path=path!("/admin/connections/:id") view=ConnectionRoute ssr=Async/>
        <Route path=path!("/account") view=AccountRoute ssr=Async/>
        <Route path=path!("/notifications") view=NotificationsRoute ssr=Async/>
        <Route path=path!("/find") view=FindRoute ssr=Async/>
        <Route path=path!("/sign-in") view=SignInRoute ssr=Async/>
        <Route path=path!("/setup") view=SetupRoute ssr=Async/>
    }
    .into_inner()
}
