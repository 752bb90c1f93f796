//! View models of reports: finished words and numbers, and shares from 0 to 1 for the pictures.

use crate::desk::parts::Tone;

/// One report.
#[derive(Debug, Clone, Default)]
pub struct ReportView {
    /// The edition's subject.
    pub title: String,
    /// Which edition, when it was sent, and until when it was counted.
    pub sub: String,
    /// Where the edition stands.
    pub state: (Tone, String),
    /// Where the edition itself is. Nothing in a file.
    pub edition: Option<String>,
    /// Files of the report, with their words. None in a file.
    pub files: Vec<(String, String)>,
    /// The five figures.
    pub figures: Vec<FigureView>,
    /// What stands in place of chart, map and opens where nothing is counted.
    pub silent: Option<String>,
    /// What one must know to read the figures, such as how many are left out of shares.
    pub notes: Vec<String>,
    /// Opens and clicks by hour.
    pub chart: Option<ChartView>,
    /// From the list to the click.
    pub funnel: Vec<StepView>,
    /// The edition with a figure behind each headline.
    pub map: Option<MapView>,
    /// The subjects that were tried, if there was more than one.
    pub subjects: Option<TableView>,
    /// The stories, the most followed first.
    pub articles: Option<TableView>,
    /// The mail services.
    pub services: Option<TableView>,
    /// The stories of the last editions.
    pub popularity: Option<TableView>,
    /// The list, week by week.
    pub growth: Option<TableView>,
    /// Readers by the month they joined.
    pub cohorts: Option<TableView>,
}

/// A figure with what is usual.
#[derive(Debug, Clone)]
pub struct FigureView {
    /// What it counts.
    pub name: String,
    /// The figure: a share, a range, or a count.
    pub value: String,
    /// The counts behind it.
    pub detail: String,
    /// What is usual, or what to stay below.
    pub usual: Option<String>,
    /// Said of one that is not as it should be.
    pub alarm: Option<(Tone, String)>,
}

/// Opens and clicks as two lines.
#[derive(Debug, Clone)]
pub struct ChartView {
    /// What the lines show, for who does not see them.
    pub sentence: String,
    /// Hour by hour.
    pub points: Vec<PointView>,
    /// Labels of hours of the first day that are still to come.
    pub ahead: Vec<String>,
    /// What came after: day by day.
    pub days: Vec<PointView>,
    /// A remark at the end of the title's line.
    pub aside: String,
}

/// One point of both lines.
#[derive(Debug, Clone)]
pub struct PointView {
    /// Its hour or day.
    pub label: String,
    /// First opens.
    pub opens: u64,
    /// First clicks.
    pub clicks: u64,
}

/// One step from the list to the click.
#[derive(Debug, Clone)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// How many are left, in words.
    pub count: String,
    /// Their share of the list, 0 to 1.
    pub share: f64,
    /// Whether some of it is only guessed.
    pub is_guess: bool,
    /// What was lost after it, or what nobody can know.
    pub lost: Option<String>,
}

/// The click map.
#[derive(Debug, Clone)]
pub struct MapView {
    /// The whole mail, as the same renderer wrote it, with badges.
    pub html: String,
    /// What the figures are, such as "Share of the people who clicked".
    pub aside: String,
    /// What the palest and the strongest step stand for, such as "0%" and "32%".
    pub ends: (String, String),
    /// How tall it is where it is narrow, in pixels; rather more than less.
    pub height: usize,
    /// What is not counted.
    pub note: String,
}

/// A table with a title.
#[derive(Debug, Clone, Default)]
pub struct TableView {
    /// Its title.
    pub title: String,
    /// A remark at the end of the title's line.
    pub aside: Option<String>,
    /// The columns.
    pub columns: Vec<ColumnView>,
    /// The rows; a cell for each column.
    pub rows: Vec<Vec<CellView>>,
    /// What stands below, a sentence each.
    pub notes: Vec<String>,
    /// What stands in place of a table without rows.
    pub empty: String,
}

/// A column.
#[derive(Debug, Clone)]
pub enum ColumnView {
    /// Words, with this header.
    Words(String),
    /// Numbers, with this header.
    Number(String),
    /// Bars.
    Bars,
}

/// A cell.
#[derive(Debug, Clone)]
pub enum CellView {
    /// Words or a number.
    Text(String),
    /// Words, and smaller ones below.
    Two(String, String),
    /// A number that is not as it should be.
    Marked(Tone, String),
    /// A bar of this share, 0 to 1.
    Bar(f64),
}

/// The list of reports.
#[derive(Debug, Clone, Default)]
pub struct ReportsView {
    /// A sentence below the title.
    pub sub: String,
    /// The names of the figures.
    pub figures: Vec<String>,
    /// A line for each edition, the newest first.
    pub lines: Vec<LineView>,
    /// What one must know to read the figures.
    pub notes: Vec<String>,
    /// What stands in place of an empty list.
    pub empty: String,
}

/// One edition in the list.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Its subject.
    pub title: String,
    /// Its report.
    pub url: String,
    /// Which edition, and when.
    pub sub: String,
    /// Where it stands.
    pub state: (Tone, String),
    /// First opens by hour.
    pub opens_by_hour: Vec<u64>,
    /// The same, for who does not see it.
    pub sentence: String,
    /// Its figures, one for each name.
    pub figures: Vec<String>,
}
