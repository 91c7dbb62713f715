//! The chart of a training: read by hand and by keyboard, zoomed, smoothed, told as a table, saved; seeds as a band, changes as marks.

use anyhow::{Context, Result, ensure};
use qcart_browser_tests::{Page, Setting, scenario};
use serde_json::{Value, json};

const CHART: &str = "document.querySelector('#curve q-chart')";
/// What is drawn, to the pixel.
const PICTURE: &str = "document.querySelector('#curve canvas').toDataURL()";
const READ_OUT: &str = "document.querySelector('#curve .read').innerText";

const END: &str = "\u{E010}";
const LEFT: &str = "\u{E012}";
const ESCAPE: &str = "\u{E00C}";

#[test]
fn a_curve_is_read_zoomed_and_told_as_a_table() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.choose("Grid world")?;
        page.train()?;
        show(page)?;
        reads_by_keyboard_and_pointer(page)?;
        zooms_and_comes_back(page)?;
        tells_its_table(page)?;
        page.check_accessibility()
    });
}

#[test]
fn a_curve_is_saved_as_picture_and_numbers() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.choose("Grid world")?;
        page.train()?;
        show(page)?;
        let name = "value-of-the-greedy-policy";
        let width =
            page.value("document.querySelector('#curve canvas').getBoundingClientRect().width")?;
        for (entry, scale) in [("PNG, 2×", 2.0), ("PNG, 4×", 4.0)] {
            let picture = save(page, entry, &format!("{name}.png"))?;
            ensure!(picture.starts_with(b"\x89PNG\r\n"), "{entry} is no PNG");
            let wide = f64::from(u32::from_be_bytes(picture[16..20].try_into()?));
            let expected = width.as_f64().unwrap_or(0.0) * scale;
            ensure!(
                (wide - expected).abs() <= scale,
                "{entry} is {wide} pixels wide, not {expected}"
            );
        }
        let drawing = drawing(page)?;
        ensure!(
            drawing.starts_with("<svg") && drawing.contains("greedy policy"),
            "{drawing}"
        );
        let rows = numbers(page)?;
        ensure!(
            rows[0] == "Steps,greedy policy",
            "the header is {}",
            rows[0]
        );
        let last = rows
            .last()
            .and_then(|row| row.split(',').nth(1))
            .unwrap_or("");
        ensure!(
            (last.parse::<f64>()? - 100.0).abs() < 0.01,
            "it ended at {last} %"
        );
        ensure!(rows.len() > 10, "only {} rows", rows.len());
        looks_change_the_picture_alone(page)
    });
}

/// A logarithmic axis and smoothing: other pictures of the same numbers.
fn looks_change_the_picture_alone(page: &Page) -> Result<()> {
    const NAME: &str = "distance-to-the-optimum";
    let other = page.value(PICTURE)?.to_string();
    page.click("tab", "Distance to the optimum")?;
    let with_log = drawn_anew(page, &other)?;
    let labels = texts(&drawing_of(page, NAME)?);
    ensure!(
        labels.iter().any(|label| label == "10⁻²"),
        "the axis reads {labels:?}"
    );
    page.click("checkbox", "Log axis")?;
    let plain = drawn_anew(page, &with_log)?;
    let labels = texts(&drawing_of(page, NAME)?);
    ensure!(
        !labels.iter().any(|label| label == "10⁻²"),
        "the axis reads {labels:?}"
    );
    page.value(&smoothing(0.9))?;
    drawn_anew(page, &plain)?;
    let faint = drawing_of(page, NAME)?.matches("opacity=\"0.3\"").count();
    ensure!(faint >= 3, "{faint} raw lines behind the three curves");
    focus(page)?;
    page.driver.press(END)?;
    let read = page.wait_for(READ_OUT)?;
    ensure!(
        read.as_str().is_some_and(|words| words.contains('≈')),
        "it reads {read}"
    );
    // What was read belongs to this chart alone.
    page.click("tab", "Exploration ε")?;
    page.wait_for(&format!("!{READ_OUT}")).map(drop)
}

#[test]
fn seeds_are_overlaid_as_a_band_and_changes_are_marked() {
    scenario(&Setting::default(), |page| {
        page.wait_until_ready()?;
        page.choose("Maximisation bias")?;
        page.fill("spinbutton", "Runs", "3")?;
        page.wait_until_ready()?;
        page.click("button", "Step")?;
        page.wait_for("document.querySelector('.equation')")?;
        // A live setting, changed while the training is held, takes effect where it stands.
        page.fill("spinbutton", "Exploration ε", "0.25")?;
        page.click("button", "Resume")?;
        page.wait_until_trained()?;
        let words = page.text(".outcome")?;
        ensure!(words.contains("3 runs"), "the page says: {words}");
        show(page)?;
        let marked = drawing(page)?;
        ensure!(
            marked.contains("Exploration ε → 0.25"),
            "no mark in {:?}",
            texts(&marked)
        );
        ensure!(marked.contains("opacity=\"0.16\""), "no band in {marked}");
        ensure!(numbers(page)?[0] == "Steps,greedy policy,greedy policy low,greedy policy high");
        kept_beside_the_next(page)
    });
}

fn kept_beside_the_next(page: &Page) -> Result<()> {
    page.click("button", "Keep this curve")?;
    page.fill("spinbutton", "Seed", "7")?;
    page.train()?;
    page.wait_for("document.querySelector('#curve .legend').innerText.includes('kept 1')")?;
    let columns = &numbers(page)?[0];
    ensure!(
        columns.contains("greedy policy high") && columns.contains("kept 1 high"),
        "the columns are {columns}"
    );
    page.click("button", "Forget kept curves")?;
    page.wait_for("!document.querySelector('#curve .legend').innerText.includes('kept 1')")
        .map(drop)
}

/// Brings the chart into view and waits until it is drawn.
fn show(page: &Page) -> Result<()> {
    page.value(&format!(
        "{CHART}.scrollIntoView({{ behavior: 'instant', block: 'center' }})"
    ))?;
    page.wait_for("document.querySelector('#curve .legend li') && document.querySelector('#curve canvas').width > 300").map(drop)
}

fn focus(page: &Page) -> Result<()> {
    page.value("document.querySelector('#curve .canvas').focus()")
        .map(drop)
}

fn reads_by_keyboard_and_pointer(page: &Page) -> Result<()> {
    focus(page)?;
    page.driver.press(END)?;
    let end = page.wait_for(READ_OUT)?;
    ensure!(
        end.as_str()
            .is_some_and(|words| words.contains("Steps") && words.contains("greedy policy 100")),
        "the end reads {end}"
    );
    page.driver.press(LEFT)?;
    page.wait_for(&format!("{READ_OUT} !== {end}"))?;
    page.wait_for("document.querySelector('#status').textContent.includes('greedy policy')")?;
    page.driver.press(ESCAPE)?;
    page.wait_for(&format!("!{READ_OUT}"))?;
    point(page, "mouseMoved", 0.3)?;
    let here = page.wait_for(READ_OUT)?;
    point(page, "mouseMoved", 0.8)?;
    page.wait_for(&format!("{READ_OUT} && {READ_OUT} !== {here}"))?;
    Ok(())
}

fn zooms_and_comes_back(page: &Page) -> Result<()> {
    let whole = page.value(PICTURE)?.to_string();
    focus(page)?;
    page.driver.press("+")?;
    page.named("button", "Reset zoom")?;
    let closer = drawn_anew(page, &whole)?;
    page.click("button", "Zoom in")?;
    drawn_anew(page, &closer)?;
    page.click("button", "Reset zoom")?;
    page.wait_for(&format!("{PICTURE} === {whole}"))?;
    point(page, "mousePressed", 0.3)?;
    point(page, "mouseMoved", 0.45)?;
    point(page, "mouseMoved", 0.6)?;
    point(page, "mouseReleased", 0.6)?;
    page.named("button", "Reset zoom")?;
    drawn_anew(page, &whole)?;
    page.click("button", "Reset zoom")?;
    page.wait_for(&format!("{PICTURE} === {whole}")).map(drop)
}

fn tells_its_table(page: &Page) -> Result<()> {
    page.value("document.querySelector('#curve details.fold summary').click()")?;
    let table = page.wait_for("document.querySelector('#curve .twin table')?.innerText")?;
    let table = table.as_str().unwrap_or("");
    ensure!(
        table.starts_with("Steps\tgreedy policy") && table.trim_end().ends_with("100"),
        "the table says {table}"
    );
    let words = page.text("#curve details.fold p")?;
    ensure!(words.contains("greedy policy"), "the words are {words}");
    Ok(())
}

/// The pointer, at a share of the chart's width.
fn point(page: &Page, kind: &str, share: f64) -> Result<()> {
    let place = page.value("((box) => [box.left, box.top, box.width, box.height])(document.querySelector('#curve canvas').getBoundingClientRect())")?;
    let place: [f64; 4] = serde_json::from_value(place)?;
    let button = if kind == "mouseMoved" { "none" } else { "left" };
    let event = json!({
        "type": kind, "button": button, "clickCount": 1,
        "x": place[0] + place[2] * share, "y": place[1] + place[3] * 0.4,
    });
    page.driver
        .devtools("Input.dispatchMouseEvent", &event)
        .map(drop)
}

/// Waits for another picture than this one, and gives it as an expression.
fn drawn_anew(page: &Page, before: &str) -> Result<String> {
    page.wait_for(&format!("{PICTURE} !== {before} && {PICTURE}"))
        .map(|picture: Value| picture.to_string())
}

fn smoothing(weight: f64) -> String {
    format!(
        "((range) => {{ range.value = {weight}; range.dispatchEvent(new Event('input', {{ bubbles: true }})); }})(document.querySelector('#curve input[type=range]'))"
    )
}

/// Chooses an entry of the chart's menu and gives the file that is saved.
fn save(page: &Page, entry: &str, name: &str) -> Result<Vec<u8>> {
    page.driver
        .click(&page.driver.find("#curve details.menu summary")?)?;
    page.saved(name, || page.click("button", entry))
}

fn drawing(page: &Page) -> Result<String> {
    drawing_of(page, "value-of-the-greedy-policy")
}

fn drawing_of(page: &Page, name: &str) -> Result<String> {
    Ok(String::from_utf8(save(
        page,
        "SVG",
        &format!("{name}.svg"),
    )?)?)
}

/// The rows of the CSV, header first.
fn numbers(page: &Page) -> Result<Vec<String>> {
    let text = String::from_utf8(save(page, "CSV", "value-of-the-greedy-policy.csv")?)?;
    let rows: Vec<String> = text.lines().map(str::to_owned).collect();
    rows.first().context("an empty file")?;
    Ok(rows)
}

/// The texts of a drawing.
fn texts(drawing: &str) -> Vec<String> {
    let parts = drawing.split("<text").skip(1);
    parts
        .filter_map(|part| Some(part.split_once('>')?.1.split_once('<')?.0.trim().to_owned()))
        .collect()
}
