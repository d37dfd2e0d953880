//! A browser that runs no script: it reads the forms out of the pages, fills them in, sends them and
//! follows where they lead. What is said has to stand in the page.

use super::client::{HOST, encoded};
use super::{Client, Reply};
use axum::body::Body;
use axum::http::{Request, header};

/// A form as it stands in a page, with what is filled in.
#[derive(Clone, Debug)]
pub struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    /// Fills in a field that is there.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        let field = field.unwrap_or_else(|| panic!("no field {name} in {}", self.action));
        field.1 = value.to_owned();
        self
    }

    /// What stands in a field.
    pub fn value(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no field {name} in {}", self.action))
    }

    /// Every value of a name, as check boxes send them.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str()).collect()
    }

    /// With the name and value of the button that sends it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ticks a box.
    pub fn tick(mut self, name: &str, value: &str) -> Self {
        assert!(self.fields.iter().any(|(field, _)| field == name), "no field {name} in {}", self.action);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn encoded(&self) -> String {
        let fields: Vec<(&str, &str)> = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        encoded(&fields)
    }
}

/// A browser that runs no script.
pub struct Browser {
    client: Client,
    /// Where it is.
    pub path: String,
    /// How that page was answered.
    pub status: u16,
    /// The page.
    pub page: String,
}

impl Browser {
    /// Somebody's browser.
    pub const fn of(client: Client) -> Self {
        Self { client, path: String::new(), status: 0, page: String::new() }
    }

    /// Goes to an address and from there to wherever it leads.
    pub async fn open(&mut self, path: &str) {
        let reply = self.client.get(path).await;
        self.arrive(path, reply).await;
    }

    /// Sends a form from the page that is open. Answered with a page, that page stands at the
    /// form's own address.
    pub async fn send(&mut self, form: &Form) {
        let request = Request::post(&form.action)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::REFERER, format!("http://{HOST}{}", self.path))
            .header("sec-fetch-site", "same-origin");
        let reply = self.client.send(request, Body::from(form.encoded())).await;
        self.arrive(&form.action, reply).await;
    }

    /// Sends a form by a button that has an address of its own.
    pub async fn press(&mut self, formaction: &str, form: &Form) {
        assert!(self.page.contains(&format!("formaction=\"{formaction}\"")), "no button for {formaction} in {}", self.page);
        self.send(&Form { action: formaction.to_owned(), ..form.clone() }).await;
    }

    /// Sends a form with a file, which has a name and a type, by a button that has an address of its own.
    /// What is typed stands before the file.
    pub async fn attach(&mut self, formaction: &str, form: &Form, (name, declared): (&str, &str), content: &[u8]) {
        assert!(
            self.page.contains(&format!("formaction=\"{formaction}\"")) && self.page.contains("formenctype=\"multipart/form-data\""),
            "no button for {formaction} in {}",
            self.page
        );
        let part =
            |(name, value): &(String, String)| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let typed: String = form.fields.iter().map(part).collect();
        let head = format!(
            "{typed}--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {declared}\r\n\r\n"
        );
        let request = Request::post(formaction)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header(header::REFERER, format!("http://{HOST}{}", self.path))
            .header("sec-fetch-site", "same-origin");
        let reply = self.client.send(request, Body::from([head.as_bytes(), content, b"\r\n--edge--\r\n"].concat())).await;
        self.arrive(formaction, reply).await;
    }

    async fn arrive(&mut self, path: &str, reply: Reply) {
        let (mut path, mut reply) = (path.to_owned(), reply);
        for _ in 0..5 {
            if !(300..400).contains(&reply.status) {
                break;
            }
            path = reply.location().to_owned();
            assert!(path.starts_with('/'), "{path}");
            reply = self.client.get(&path).await;
        }
        (self.path, self.status, self.page) = (path, reply.status, reply.text());
    }

    /// The form that goes to this address and contains this text.
    pub fn form(&self, action: &str, holds: &str) -> Form {
        let form = self.find_form(action, holds).unwrap_or_else(|| panic!("no form for {action} with {holds} in {}", self.page));
        assert_eq!(attribute(form, "method").as_deref(), Some("post"));
        Form { action: action.to_owned(), fields: fields(form) }
    }

    /// Whether there is such a form.
    pub fn has_form(&self, action: &str, holds: &str) -> bool {
        self.find_form(action, holds).is_some()
    }

    fn find_form(&self, action: &str, holds: &str) -> Option<&str> {
        let forms = self.page.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
        forms.into_iter().find(|form| attribute(form, "action").as_deref() == Some(action) && form.contains(holds))
    }

    /// The first address in the page that begins like this and goes on.
    pub fn link(&self, begins: &str) -> String {
        let links = self.page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(plain);
        let found = links.into_iter().find(|href| href.starts_with(begins) && href.len() > begins.len());
        found.unwrap_or_else(|| panic!("no link to {begins} in {}", self.page))
    }

    /// What is said to be wrong at a field.
    pub fn error(&self, field: &str) -> String {
        let start = format!("id=\"field-{field}-error\"");
        let (_, rest) = self.page.split_once(&start).unwrap_or_else(|| panic!("nothing is wrong at {field} in {}", self.page));
        plain(rest.split("</p>").next().unwrap_or_default())
    }

    /// Whether the page says this, tags aside.
    pub fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The words of the page, without tags.
    pub fn text(&self) -> String {
        let mut words = String::new();
        for part in self.page.split('<').skip(1) {
            words.push_str(part.split_once('>').map_or("", |(_, text)| text));
        }
        plain(&words)
    }
}

/// Name and value of everything in a form that would be sent, buttons aside.
fn fields(form: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for tag in form.split('<').skip(1) {
        let (head, text) = tag.split_once('>').unwrap_or((tag, ""));
        let name = || attribute(head, "name").unwrap_or_default();
        let box_unticked =
            ["checkbox", "radio"].contains(&attribute(head, "type").unwrap_or_default().as_str()) && !head.contains(" checked");
        if head.starts_with("input ") && !box_unticked {
            found.push((name(), attribute(head, "value").unwrap_or_default()));
        } else if head.starts_with("textarea ") {
            found.push((name(), plain(text.strip_prefix('\n').unwrap_or(text))));
        } else if head.starts_with("select ") {
            found.push((name(), String::new()));
        } else if head.starts_with("option ")
            && head.contains(" selected")
            && let Some(chosen) = found.last_mut()
        {
            chosen.1 = attribute(head, "value").unwrap_or_default();
        }
    }
    found
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split('>').next()?.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(plain)
}

fn plain(text: &str) -> String {
    text.replace("<!>", "").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&")
}
