//! The built site: scripts, WASM and the style sheet, and what a page has to know of them.

use crate::state::AppState;
use app::shell::Assets;
use axum::http::header;
use serde::Deserialize;
use std::path::Path;
use tower_http::services::ServeDir;

/// `manifest.json` of the site: addresses that change with the content.
#[derive(Debug, Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
}

/// What pages load.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Addresses; none when the site was not built, and then pages come without script and style.
    pub assets: Assets,
}

impl Site {
    /// Reads the manifest of the site that lies in `root`.
    ///
    /// # Errors
    /// A sentence when there is a manifest that cannot be used.
    pub fn read(root: &Path) -> Result<Self, String> {
        let path = root.join("manifest.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("{} cannot be read: {error}.", path.display())),
        };
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| format!("{} cannot be understood: {error}.", path.display()))?;
        let [js, wasm, css] = [manifest.js, manifest.wasm, manifest.css];
        if let Some(address) = [&js, &wasm, &css].into_iter().find(|address| !is_plain(address)) {
            return Err(format!("{} names {address:?}, which is no address under /pkg/.", path.display()));
        }
        Ok(Self { assets: Assets { js: Some(js), wasm: Some(wasm), css: Some(css) } })
    }
}

/// The addresses are written into a script, where nothing is escaped.
fn is_plain(address: &str) -> bool {
    address.starts_with("/pkg/") && address.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-'))
}

/// The files, in the smallest form that the browser understands.
pub fn package(state: &AppState) -> ServeDir {
    ServeDir::new(state.config.site_root.join("pkg")).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect x="1" y="1" width="18" height="18" rx="5" fill="#2f5bd7"/><path d="M5.6 10.4l3 3 5.9-6.6" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>"##;

/// The product's mark.
pub async fn icon() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ICON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_cannot_bring_script_into_the_page() {
        assert!(is_plain("/pkg/countersign.0a1b.js"));
        for address in ["/pkg/a'b.js", "/pkg/</script>", "https://evil/x.js", "/pkg/a b"] {
            assert!(!is_plain(address), "{address}");
        }
    }

    #[test]
    fn without_a_built_site_pages_come_without_script() {
        let site = Site::read(Path::new("/nowhere/at/all")).unwrap();
        assert_eq!(site.assets, Assets::default());
    }
}
