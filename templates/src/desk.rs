//! Pages of the desk, where editors and marketing see what goes out and what became of it.
//!
//! Every page stands in the same frame ([`page`]): a way past the navigation, the navigation, who is
//! signed in, one title, what was just done. It is put together from the [`parts`]. No page needs a
//! script, and none carries a style of its own outside the one sheet. The desk speaks English, as the
//! command line does: it is for the people of the house.

pub mod parts;
mod report;
mod shell;
mod style;

pub use report::{
    CellView, ChartView, ColumnView, FigureView, LineView, MapView, PointView, ReportView,
    ReportsView, StepView, TableView, report, reports,
};
pub use shell::{DeskView, HeadView, MessageView, NavView, SignedInView, page};
