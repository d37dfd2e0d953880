//! Reads `style/tokens.css` and checks every pair of colours that meet on a page for WCAG 2.2 AA.

const TOKENS: &str = include_str!("../../../style/tokens.css");

/// 4.5 : 1, success criterion 1.4.3.
const TEXT: f64 = 4.5;
/// 3 : 1, success criterion 1.4.11.
const CONTROL: f64 = 3.0;

const PAIRS: &[(&str, &str, f64)] = &[
    ("ink", "canvas", TEXT),
    ("ink", "surface", TEXT),
    ("ink", "sunken", TEXT),
    ("ink", "accent-soft", TEXT),
    ("ink-2", "canvas", TEXT),
    ("ink-2", "surface", TEXT),
    ("ink-2", "sunken", TEXT),
    ("ink-2", "accent-soft", TEXT),
    ("ink-3", "canvas", TEXT),
    ("ink-3", "surface", TEXT),
    ("ink-3", "sunken", TEXT),
    ("ink-3", "accent-soft", TEXT),
    ("accent", "canvas", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "sunken", TEXT),
    ("accent", "accent-soft", TEXT),
    ("accent", "info-soft", TEXT),
    ("accent", "warn-soft", TEXT),
    ("accent", "bad-soft", TEXT),
    ("accent", "ok-soft", TEXT),
    ("accent-ink", "accent", TEXT),
    ("accent-ink", "accent-strong", TEXT),
    ("ok", "surface", TEXT),
    ("ok", "canvas", TEXT),
    ("ok", "ok-soft", TEXT),
    ("ok", "accent-soft", TEXT),
    ("warn", "surface", TEXT),
    ("warn", "canvas", TEXT),
    ("warn", "warn-soft", TEXT),
    ("warn", "accent-soft", TEXT),
    ("bad", "surface", TEXT),
    ("bad", "canvas", TEXT),
    ("bad", "bad-soft", TEXT),
    ("bad", "accent-soft", TEXT),
    ("info", "surface", TEXT),
    ("info", "canvas", TEXT),
    ("info", "info-soft", TEXT),
    ("info", "accent-soft", TEXT),
    ("ink", "ok-soft", TEXT),
    ("ink", "warn-soft", TEXT),
    ("ink", "bad-soft", TEXT),
    ("ink", "info-soft", TEXT),
    ("control", "surface", CONTROL),
    ("control", "canvas", CONTROL),
    ("control", "sunken", CONTROL),
    ("accent", "line", CONTROL),
];

/// Relative luminance of `L% C H` in OKLCH, by way of linear sRGB; out-of-gamut parts are cut as a
/// browser cuts them.
fn luminance(lightness: f64, chroma: f64, hue: f64) -> f64 {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let middle = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let red = 4.076_741_662_1 * long - 3.307_711_591_3 * middle + 0.230_969_929_2 * short;
    let green = -1.268_438_004_6 * long + 2.609_757_401_1 * middle - 0.341_319_396_5 * short;
    let blue = -0.004_196_086_3 * long - 0.703_418_614_7 * middle + 1.707_614_701_0 * short;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

fn oklch(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once("oklch(")?;
    let (inside, _) = rest.split_once(')')?;
    let mut parts = inside.split_whitespace();
    let lightness: f64 = parts.next()?.strip_suffix('%')?.parse().ok()?;
    Some(luminance(lightness / 100.0, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The token in light and dark.
fn token(name: &str) -> Option<(f64, f64)> {
    let line = TOKENS.lines().find(|line| line.trim_start().starts_with(&format!("--{name}: ")))?;
    let (_, pair) = line.split_once("light-dark(")?;
    let (light, dark) = pair.split_once("),")?;
    Some((oklch(&format!("{light})"))?, oklch(dark)?))
}

fn ratio(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_pair_of_colours_is_readable_in_both_themes() {
    let mut faults = Vec::new();
    for (front, back, least) in PAIRS {
        let (Some((front_light, front_dark)), Some((back_light, back_dark))) = (token(front), token(back)) else {
            faults.push(format!("{front} or {back} is not in tokens.css"));
            continue;
        };
        for (theme, found) in [("light", ratio(front_light, back_light)), ("dark", ratio(front_dark, back_dark))] {
            if found < *least {
                faults.push(format!("{front} on {back}, {theme}: {found:.2} < {least}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_arithmetic_knows_black_on_white() {
    assert!((ratio(luminance(1.0, 0.0, 0.0), luminance(0.0, 0.0, 0.0)) - 21.0).abs() < 0.01);
}
