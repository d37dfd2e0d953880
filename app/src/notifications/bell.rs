//! The bell in the top bar: a link with the number of what was not read yet.

use crate::paths;
use leptos::prelude::*;

/// A larger number is not told.
pub const MOST: i64 = 99;

/// `<Bell unread=frame.unread/>`
#[component]
pub fn Bell(unread: i64) -> impl IntoView {
    let number = (unread > 0).then(|| {
        let text = if unread > MOST { format!("{MOST}+") } else { unread.to_string() };
        view! { <span class="nav-count">{text}<span class="sr-only">" unread"</span></span> }
    });
    view! {
        <a class="bar-link" href=paths::NOTIFICATIONS>
            <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
                <path d="M4.5 14h11l-1.3-2.2V8.6a4.2 4.2 0 0 0-8.4 0v3.2zM8.4 16.6a1.8 1.8 0 0 0 3.2 0"></path>
            </svg>
            <span class="sr-only">"Notifications"</span>
            {number}
        </a>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn bell(unread: i64) -> String {
        Owner::new().with(|| view! { <Bell unread=unread/> }.to_html())
    }

    #[test]
    fn the_bell_tells_a_number_only_where_there_is_something_unread() {
        assert!(!bell(0).contains("nav-count") && bell(0).contains("Notifications"));
        assert!(bell(3).contains('3') && bell(3).contains(" unread"));
        assert!(bell(100).contains("99+"));
    }
}
