//! Pages of the desk, where editors and marketing see what goes out and what became of it.
//!
//! Every page stands in the same frame ([`page`]): a way past the navigation, the navigation, who is
//! signed in, one title, what was just done. It is put together from the [`parts`]. No page needs a
//! script, and none carries a style of its own outside the one sheet. The desk speaks English, as the
//! command line does: it is for the people of the house.

mod edit;
mod edition;
pub mod parts;
mod report;
mod rooms;
mod shell;
mod style;
mod style_preview;

pub use maud::Markup;

pub use edit::{EditPageView, LaterView, StoryEditView, WordsView, edit};
pub use edition::{
    CheckView, EditionPageView, FieldRowView, InboxView, PhoneView, ReaderView, SizeView,
    StageView, TestView, WindowView, edition,
};
pub use report::{
    CellView, ChartView, ColumnView, FigureView, LineView, MapView, PointView, ReportView,
    ReportsView, StepView, TableView, report, reports,
};
pub use rooms::{
    EditionRowView, GroupsView, RecordView, SignInView, editions, groups, record, sign_in,
};
pub use shell::{DeskView, HeadView, MessageView, NavView, SignedInView, page};
