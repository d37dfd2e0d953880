//! Files as they are, as they pretend to be, and as they are named.

use super::*;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xFF\xD9";

/// The smallest image: one pixel.
fn png() -> Vec<u8> {
    let chunk = |kind: &[u8], body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[..], kind, body, b"\x00\x00\x00\x00"].concat()
    };
    let header = chunk(b"IHDR", b"\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00");
    [b"\x89PNG\r\n\x1a\n".to_vec(), header, chunk(b"IDAT", b"\x78\x9c\x63\x00\x00\x00\x01\x00\x01"), chunk(b"IEND", b"")].concat()
}

fn judged(name: &str, declared: &str, content: &[u8]) -> Result<FileKind, String> {
    accept(name, declared, content).map(|file| file.kind).map_err(|error| error.code)
}

fn refused(name: &str, declared: &str, content: &[u8]) -> String {
    judged(name, declared, content).map_or_else(|code| code, |kind| format!("taken as {kind}"))
}

#[test]
fn each_kind_is_known_by_name_declared_type_and_content() {
    assert_eq!(judged("order.pdf", "application/pdf", PDF), Ok(FileKind::Pdf));
    assert_eq!(judged("Screen.PNG", "image/png", &png()), Ok(FileKind::Png));
    assert_eq!(judged("photo.jpeg", "image/jpeg", JPEG), Ok(FileKind::Jpeg));
    assert_eq!(judged("note.txt", "text/plain; charset=utf-8", "Grüße,\r\n\tfrom the audit.\n".as_bytes()), Ok(FileKind::Text));
    assert_eq!(judged("bom.txt", "text/plain", b"\xEF\xBB\xBFwith a mark"), Ok(FileKind::Text));
    assert_eq!(judged("list.csv", "application/vnd.ms-excel", b"name;amount\nAna;-12.50\nBea;+3\n-;- 7\n"), Ok(FileKind::Csv));
}

#[test]
fn a_file_that_is_not_what_it_says_is_refused() {
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    for (name, declared, content, code) in [
        ("order.pdf", "application/pdf", &html[..], "kind_differs"),
        ("order.pdf", "text/html", PDF, "kind_differs"),
        ("order.png", "image/png", PDF, "kind_differs"),
        ("order.pdf", "image/png", PDF, "kind_differs"),
        ("order.pdf", "application/octet-stream", PDF, "kind_differs"),
        ("order.pdf", "", PDF, "kind_differs"),
        ("page.html", "text/html", html, "kind_not_taken"),
        ("drawing.svg", "image/svg+xml", svg, "kind_not_taken"),
        ("letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04", "kind_not_taken"),
        ("order.pdf.exe", "application/pdf", PDF, "kind_not_taken"),
        ("no ending", "text/plain", b"text", "kind_not_taken"),
        ("note.txt", "text/plain", html, "runs_something"),
        ("note.txt", "text/plain", svg, "runs_something"),
        ("note.txt", "text/plain", b"\n  <?xml version=\"1.0\"?>", "runs_something"),
        ("note.txt", "text/plain", b"see <ScRiPt>alert(1)</script>", "runs_something"),
        ("note.txt", "text/plain", b"#!/bin/sh\nrm -rf /", "runs_something"),
        ("note.txt", "text/plain", PDF, "runs_something"),
        ("note.txt", "text/plain", b"caf\xE9", "kind_differs"),
        ("note.txt", "text/plain", b"a\x00b", "kind_differs"),
        ("note.txt", "text/plain", b"red \x1b[31m text", "kind_differs"),
        ("note.txt", "text/plain", "user\u{202E}txt.exe".as_bytes(), "kind_differs"),
        ("list.csv", "text/csv", b"name,amount\nAna,=cmd|' /C calc'!A0\n", "runs_something"),
        ("list.csv", "text/csv", b"name,amount\nAna,\"@SUM(A1)\"\n", "runs_something"),
        ("list.csv", "text/csv", b"+HYPERLINK(x)\n", "runs_something"),
        ("note.txt", "text/plain", b"", "empty"),
        ("note.txt", "text/plain", b"  \n\n", "empty"),
        ("", "text/plain", b"text", "required"),
        ("..", "text/plain", b"text", "required"),
    ] {
        assert_eq!(refused(name, declared, content), code, "{name} as {declared}: {}", String::from_utf8_lossy(content));
    }
}

#[test]
fn nothing_hangs_behind_the_end_of_a_file_and_nothing_is_missing() {
    let zip = b"PK\x05\x06".to_vec();
    let behind = |content: &[u8]| [content.to_vec(), zip.clone(), vec![0; 18]].concat();
    assert_eq!(refused("a.pdf", "application/pdf", &behind(PDF)), "not_whole");
    assert_eq!(refused("a.png", "image/png", &behind(&png())), "not_whole");
    assert_eq!(refused("a.jpg", "image/jpeg", &behind(JPEG)), "not_whole");
    let cut = |content: &[u8]| content[..content.len() - 8].to_vec();
    assert_eq!(refused("a.pdf", "application/pdf", &cut(PDF)), "not_whole");
    assert_eq!(refused("a.png", "image/png", &cut(&png())), "not_whole");
    assert_eq!(refused("a.jpg", "image/jpeg", &cut(JPEG)), "not_whole");
    // A length that reaches beyond the file, as far as numbers go.
    let huge = [&b"\x89PNG\r\n\x1a\n"[..], b"\x00\x00\x00\x0DIHDR", &[0; 17], b"\xFF\xFF\xFF\xFFIDAT"].concat();
    assert_eq!(refused("a.png", "image/png", &huge), "not_whole");
}

#[test]
fn a_file_may_have_five_mebibytes_and_not_one_byte_more() {
    let mut content = vec![b'a'; LARGEST_FILE];
    assert_eq!(judged("a.txt", "text/plain", &content), Ok(FileKind::Text));
    content.push(b'a');
    assert_eq!(refused("a.txt", "text/plain", &content), "too_large");
}

#[test]
fn names_lose_what_could_mislead_and_keep_what_says_something() {
    for (given, kept) in [
        ("Audit plan 2026.pdf", "Audit plan 2026.pdf"),
        ("C:\\Users\\ana\\Desktop\\order.pdf", "order.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("re\u{202E}fdp.exe", "refdp.exe"),
        ("Pru\u{308}fung.pdf", "Pr\u{fc}fung.pdf"),
        ("a\"b<c>d|e?f*g.txt", "a_b_c_d_e_f_g.txt"),
        (" .hidden. ", "hidden"),
        ("con.txt", "_con.txt"),
        ("COM1.pdf", "_COM1.pdf"),
        ("Lpt9", "_Lpt9"),
        ("console.txt", "console.txt"),
        ("...", ""),
        ("\u{200B}", ""),
    ] {
        assert_eq!(file_name(given), kept, "{given:?}");
    }
    let long = file_name(&format!("{}.pdf", "ä".repeat(400)));
    assert!(long.chars().count() <= 120 && long.ends_with("ä.pdf"), "{long}");
    let device = file_name(&format!("con.{}.pdf", "a".repeat(400)));
    assert!(device.chars().count() <= 120 && device.starts_with("_con."), "{device}");
    let cut_at_a_dot = file_name(&format!("{}. {}", "a".repeat(118), "b".repeat(40)));
    assert_eq!(cut_at_a_dot, "a".repeat(118));
    assert_eq!(file_name("e\u{200C}\u{301}.pdf"), "é.pdf", "what is taken out leaves a composed name");
}

proptest::proptest! {
    #[test]
    fn a_cleaned_name_is_clean_and_no_file_stops_the_judge(name in "\\PC{0,200}", declared in "\\PC{0,20}", content in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let once = file_name(&name);
        proptest::prop_assert_eq!(file_name(&once), once.clone());
        proptest::prop_assert!(once.chars().count() <= 120 && !once.contains(['/', '\\', '"', '\n', '\r']));
        let _ = accept(&name, &declared, &content);
        for kind in FileKind::ALL {
            let _ = accept(&format!("a.{}", kind.endings()[0]), kind.word(), &content);
        }
    }
}
